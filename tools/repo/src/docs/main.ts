/**
 * `pnpm run docs`: every piece of TypeScript in the documents and the doc comments compiles, and everything
 * that is exported is described.
 */
import { readdir, readFile } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { packages, root } from "../workspace.js"
import { type Block, type Found, type Problem, showProblem } from "./Block.js"
import { checkComments } from "./comments.js"
import { compile } from "./compile.js"
import { fromComments } from "./examples.js"
import { fromMarkdown } from "./markdown.js"

/** The names of the files in a folder, or below it; none when it is not there. */
const list = async (folder: string, ending: string, recursive: boolean): Promise<ReadonlyArray<string>> => {
  try {
    const names = await readdir(folder, { recursive })
    return names
      .filter((name) => name.endsWith(ending))
      .toSorted()
      .map((name) => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}

/** The modules a program can import: all below `src` but what is internal. */
export const modulesOf = async (directory: string): Promise<ReadonlyArray<string>> => {
  const files = await list(join(directory, "src"), ".ts", true)
  return files.filter((file) => !relative(directory, file).split(sep).includes("internal"))
}

const read = async (
  files: ReadonlyArray<string>,
  find: (source: string, text: string) => Found
): Promise<Found> => {
  const found = await Promise.all(
    files.map(async (file) => find(relative(root, file), await readFile(file, "utf8")))
  )
  return {
    blocks: found.flatMap(({ blocks }) => blocks),
    problems: found.flatMap(({ problems }) => problems)
  }
}

/** That nothing was found means that nothing was looked for in the right place. */
export const checkBlocks = async (blocks: ReadonlyArray<Block>): Promise<ReadonlyArray<Problem>> =>
  blocks.length === 0
    ? [{ source: "README.md", line: 1, message: "no code was found, here or in any other document" }]
    : compile(blocks)

export const main = async (): Promise<number> => {
  const directories = (await packages()).map(({ directory }) => directory)
  const documents = (
    await Promise.all([
      list(root, "README.md", false),
      list(join(root, "docs"), ".md", true),
      ...directories.map((directory) => list(directory, "README.md", false))
    ])
  ).flat()
  const sources = await Promise.all(directories.map((directory) => list(join(directory, "src"), ".ts", true)))
  const modules = await Promise.all(directories.map(modulesOf))

  const markdown = await read(documents, fromMarkdown)
  const examples = await read(sources.flat(), fromComments)
  const broken = await checkBlocks([...markdown.blocks, ...examples.blocks])
  const comments = checkComments(modules.flat())

  const problems = [...markdown.problems, ...examples.problems, ...broken, ...comments.problems]
  for (const problem of problems) console.error(showProblem(problem))
  console.log(`${markdown.blocks.length} blocks in ${documents.length} documents`)
  console.log(`${examples.blocks.length} examples in doc comments`)
  console.log(`${comments.count} exported declarations in ${modules.flat().length} modules`)
  console.log(problems.length === 0 ? "All of it is as it should be." : `${problems.length} problems`)
  return problems.length === 0 ? 0 : 1
}
