/**
 * Type-checks blocks, all in one program. They see the packages as a user's program does, through their
 * `exports`, but from the sources: nothing need be built, and nothing checked is old.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import ts from "typescript"
import { ToolError } from "../shell.js"
import { entryPoints, packages, root } from "../workspace.js"
import type { Block, Problem } from "./Block.js"

/** Where all packages, Effect and vitest can be imported from. */
const home = join(root, "tools/repo/node_modules")

const sourceOf = (directory: string, built: string): string => {
  const source = built.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts")
  return join(directory, source)
}

const compilerOptions = async (): Promise<ts.CompilerOptions> => {
  const { config, error } = ts.readConfigFile(join(root, "tsconfig.base.json"), (path) =>
    ts.sys.readFile(path)
  )
  if (error !== undefined) throw new ToolError(ts.flattenDiagnosticMessageText(error.messageText, "\n"))
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noEmit: true,
      types: ["node"],
      // An example ends where its point is made.
      noUnusedLocals: false,
      noUnusedParameters: false,
      noUncheckedSideEffectImports: true
    },
    root
  )
  const paths: ts.MapLike<Array<string>> = {}
  for (const { directory, manifest } of await packages()) {
    for (const { file, specifier } of entryPoints(manifest)) paths[specifier] = [sourceOf(directory, file)]
  }
  return { ...options, paths, typeRoots: [join(home, "@types")] }
}

const message = (diagnostic: ts.Diagnostic): string =>
  `${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n  ")} (TS${diagnostic.code})`

/** Where in its document a position of a block is. */
const place = (
  { lines, source }: Block,
  { character, line }: ts.LineAndCharacter
): Pick<Problem, "source" | "line" | "column"> => {
  const at = lines[line]
  return at === undefined
    ? { source, line: lines.at(-1)?.line ?? 1 }
    : { source, line: at.line, column: at.indent + character + 1 }
}

/** What a program made of the blocks does not get past the compiler. */
export const compile = async (blocks: ReadonlyArray<Block>): Promise<ReadonlyArray<Problem>> => {
  const options = await compilerOptions()
  await mkdir(home, { recursive: true })
  const scratch = await mkdtemp(join(home, ".docs-"))
  try {
    await writeFile(join(scratch, "package.json"), JSON.stringify({ type: "module" }))
    const files = new Map<string, Block>()
    for (const [index, block] of blocks.entries()) {
      const file = join(scratch, `block${String(index).padStart(3, "0")}.ts`)
      await writeFile(file, `${block.lines.map(({ text }) => text).join("\n")}\nexport {}\n`)
      files.set(file, block)
    }
    const program = ts.createProgram([...files.keys()], options)
    const [general] = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]
    if (general !== undefined) throw new ToolError(`the blocks cannot be checked: ${message(general)}`)
    const problems: Array<Problem> = []
    for (const [file, block] of files) {
      const code = program.getSourceFile(file)
      if (code === undefined) throw new ToolError(`the compiler left out ${relative(root, file)}`)
      for (const each of [
        ...program.getSyntacticDiagnostics(code),
        ...program.getSemanticDiagnostics(code)
      ]) {
        problems.push({
          ...place(block, code.getLineAndCharacterOfPosition(each.start ?? 0)),
          message: message(each)
        })
      }
    }
    return problems
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
