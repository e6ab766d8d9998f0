import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { checkComments } from "../src/docs/comments.js"
import { fromComments } from "../src/docs/examples.js"
import { checkBlocks, modulesOf } from "../src/docs/main.js"
import { fromMarkdown } from "../src/docs/markdown.js"
import { entryPoints, packages } from "../src/workspace.js"

const codeOf = ({ blocks }: ReturnType<typeof fromMarkdown>) =>
  blocks.map(({ lines }) => lines.map(({ text }) => text).join("\n"))

describe("blocks in Markdown", () => {
  test("every fence that says ts is found, wherever it stands", () => {
    const found = fromMarkdown(
      "a.md",
      [
        "# Title",
        "```ts",
        "one",
        "```",
        "```sh",
        "npm i",
        "```",
        "- in a list:",
        "  ~~~ts",
        "  two",
        "    deeper",
        "  ~~~",
        "> ```ts",
        "> three",
        "> ```",
        "````md",
        "```ts",
        "shown, not meant",
        "```",
        "````"
      ].join("\n")
    )
    expect(codeOf(found)).toEqual(["one", "two\n  deeper", "three"])
    expect(found.problems).toEqual([])
  })

  test.each(["ts no-check", "typescript", "tsx", "TS", "mts", "ts {1}"])(
    "a fence `%s` is refused",
    (info) => {
      const found = fromMarkdown("a.md", `text\n\`\`\`${info}\nconst a: number = ""\n\`\`\`\n`)
      expect(found.blocks).toEqual([])
      expect(found.problems).toMatchObject([{ source: "a.md", line: 2 }])
    }
  )

  test("a fence without an end is told", () => {
    expect(fromMarkdown("a.md", "```ts\nconst a = 1\n").problems).toMatchObject([{ line: 1 }])
  })
})

describe("examples in doc comments", () => {
  test("an example ends at the next tag or with the comment", () => {
    const found = fromComments(
      "a.ts",
      [
        "/**",
        " * Does it.",
        " *",
        " * @example",
        " * one()",
        " *   .two()",
        " *",
        " * @since 0.1.0",
        " */",
        "export const a = 1",
        "  /**",
        "   * @example",
        "   * ```ts",
        "   * three()",
        "   * ```",
        "   */"
      ].join("\n")
    )
    expect(found.problems).toEqual([])
    expect(codeOf(found)).toEqual(["one()\n  .two()", "three()"])
    expect(found.blocks.map(({ lines }) => lines[0]?.line)).toEqual([5, 14])
  })

  test("an example without code, and one that is hidden, are told", () => {
    expect(fromComments("a.ts", "/**\n * @example\n *\n * @since 0.1.0\n */").problems).toHaveLength(1)
    expect(fromComments("a.ts", "/** @example one() */").problems).toHaveLength(1)
    expect(
      fromComments("a.ts", "/**\n * @example\n * ```ts no-check\n * one()\n * ```\n */").problems
    ).toMatchObject([{ line: 3 }])
  })
})

describe("blocks are compiled", () => {
  test("what is wrong is told where it stands in its document; what is right is not", async () => {
    const markdown = fromMarkdown(
      "guide.md",
      [
        "```ts",
        'import * as Auth from "@effect-airflow/core/Auth"',
        "const auth: Auth.Auth = Auth.none",
        "await Promise.resolve(auth)",
        "```",
        "```ts",
        'import * as Auth from "@effect-airflow/core/Auth"',
        "const auth = Auth.kerberos()",
        "```",
        "- ```ts",
        '  const n: number = ""',
        "  ```",
        "```ts",
        'import "@effect-airflow/core/internal/http"',
        'import { x } from "@effect-airflow/core/Nothing"',
        "```",
        "```ts",
        "const broken = (",
        "```"
      ].join("\n")
    )
    const comments = fromComments("a.ts", '/**\n * @example\n * const n: number = ""\n */')
    const problems = await checkBlocks([...markdown.blocks, ...comments.blocks])
    expect(problems.map(({ column, line, source }) => [source, line, column])).toEqual([
      ["guide.md", 8, 19],
      ["guide.md", 11, 9],
      ["guide.md", 14, 8],
      ["guide.md", 15, 19],
      ["guide.md", 18, undefined],
      ["a.ts", 3, 10]
    ])
    expect(problems[0]?.message).toContain("kerberos")
  })

  test("nothing to compile is a failure", async () => {
    expect(await checkBlocks([])).toHaveLength(1)
  })
})

describe("the modules that are looked at", () => {
  const folderOf = async (...names: ReadonlyArray<string>): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "modules-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    for (const name of names) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), "")
    }
    return folder
  }

  test("all that are not internal, in whichever folder", async () => {
    const folder = await folderOf(
      "src/A.ts",
      "src/v1/B.ts",
      "src/v2/B.ts",
      "src/internal/c.ts",
      "src/internal/v2/d.ts",
      "test/e.ts"
    )
    expect((await modulesOf(folder)).map((file) => relative(folder, file))).toEqual([
      "src/A.ts",
      "src/v1/B.ts",
      "src/v2/B.ts"
    ])
  })

  test("among them all that core exports", async () => {
    const [core] = (await packages()).filter(({ manifest }) => manifest.name === "@effect-airflow/core")
    const exported = entryPoints(core!.manifest).map(({ file }) =>
      file.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts")
    )
    const found = (await modulesOf(core!.directory)).map((file) => relative(core!.directory, file))
    expect(found.toSorted()).toEqual(exported.toSorted())
  })
})

describe("exported declarations are described", () => {
  const check = async (
    files: Readonly<Record<string, string>>,
    looked: ReadonlyArray<string> = ["src/A.ts"]
  ) => {
    const folder = await mkdtemp(join(tmpdir(), "comments-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    const { count, problems } = checkComments(
      looked.map((name) => join(folder, name)),
      folder
    )
    return { count, problems: problems.map(({ line, message, source }) => `${source}:${line} ${message}`) }
  }
  const top = "/**\n * A module.\n *\n * @since 0.1.0\n */\n\n"
  const doc = "/**\n * @since 0.1.0\n * @category models\n */\n"

  test("each with a comment of its own", async () => {
    const { count, problems } = await check({
      "src/A.ts": `${top}${doc}export const a = 1\n${doc}export type a = 1\n${doc}export class B {}\n`
    })
    expect(problems).toEqual([])
    expect(count).toBe(3)
  })

  test("none, without since, without category, since that is no version", async () => {
    const { problems } = await check({
      "src/A.ts":
        `${top}export const a = 1\n` +
        "/** @category x */\nexport const b = 1\n" +
        "/** @since 0.1.0 */\nexport const c = 1\n" +
        "/**\n * @since ever\n * @category x\n */\nexport const d = 1\n" +
        `${doc}export const e = 1\nexport type e = 1\n`
    })
    expect(problems).toEqual([
      // The module's comment is not that of its first declaration.
      "src/A.ts:7 a has a doc comment without @category",
      "src/A.ts:9 b has a doc comment without @since (a version, such as 0.1.0)",
      "src/A.ts:11 c has a doc comment without @category",
      "src/A.ts:16 d has a doc comment without @since (a version, such as 0.1.0)",
      "src/A.ts:22 e has no doc comment"
    ])
  })

  test("a module has a comment at its top", async () => {
    const { problems } = await check({ "src/A.ts": `${doc}export const a = 1\n` })
    expect(problems).toEqual(["src/A.ts:1 the module has no comment with @since at its top"])
  })

  test("a re-export is described where it is, or where it was declared", async () => {
    const internal = `export const a = 1\n${doc}export const b = 1\nexport const c = 1\n/** @internal */\nexport const d = 1\n`
    const { problems } = await check({
      "src/internal/x.ts": internal,
      "src/A.ts": `${top}export {\n${doc}a,\nb,\nc,\nd } from "./internal/x.js"\n`
    })
    expect(problems).toEqual(["src/A.ts:14 c has no doc comment"])
    const star = await check({
      "src/internal/x.ts": internal,
      "src/A.ts": `${top}export * from "./internal/x.js"\n`
    })
    expect(star.problems).toEqual([
      "src/internal/x.ts:1 a has no doc comment",
      "src/internal/x.ts:7 c has no doc comment"
    ])
    const named = await check({
      "src/internal/x.ts": internal,
      "src/A.ts": `${top}import "node:fs"\nexport * as X from "./internal/x.js"\n${doc}export * as Y from "./internal/x.js"\n`
    })
    expect(named.problems).toEqual(["src/A.ts:8 X has no doc comment"])
  })

  test("a re-export of another public module is checked there, once", async () => {
    const { problems } = await check(
      {
        "src/B.ts": `${top}${doc}export const a = 1\nexport const b = 1\n`,
        "src/A.ts": `${top}import "node:fs"\nexport * from "./B.js"\nexport { b as c } from "./B.js"\n`
      },
      ["src/A.ts", "src/B.ts"]
    )
    expect(problems).toEqual(["src/B.ts:12 b has no doc comment"])
  })
})
