/**
 * Whether everything that is exported says what it is: a module has `@since` at its top, a declaration has a
 * doc comment with `@since` and `@category`.
 */
import { dirname, relative } from "node:path"
import ts from "typescript"
import { ToolError } from "../shell.js"
import { root } from "../workspace.js"
import type { Problem } from "./Block.js"

const text = (tag: ts.JSDocTag): string => (ts.getTextOfJSDocComment(tag.comment) ?? "").trim()

/** What is missing in the doc comment of a declaration, in words; undefined: nothing. */
const missing = (node: ts.Node): string | undefined => {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  if (comments.length === 0) return "has no doc comment"
  const tags = new Map(
    comments.flatMap((comment) => (comment.tags ?? []).map((tag) => [tag.tagName.text, text(tag)] as const))
  )
  if (tags.has("internal")) return undefined
  if (!/^\d+\.\d+\.\d+$/.test(tags.get("since") ?? "")) {
    return "has a doc comment without @since (a version, such as 0.1.0)"
  }
  if ((tags.get("category") ?? "") === "") return "has a doc comment without @category"
  return undefined
}

/** The comment at a module's top. */
const moduleComment = (file: ts.SourceFile): string => {
  const [first] = ts.getLeadingCommentRanges(file.text, 0) ?? []
  return first === undefined ? "" : file.text.slice(first.pos, first.end)
}

/** A module's own comment comes first: one that stands right above its only statement is that statement's. */
const hasModuleComment = (file: ts.SourceFile): boolean => {
  const comment = moduleComment(file)
  return comment.startsWith("/**") && /@since \d+\.\d+\.\d+/.test(comment) && !/@category\b/.test(comment)
}

/** Overloads share the comment of any of them; else each declaration has its own. */
const groups = (
  declarations: ReadonlyArray<ts.Declaration>
): ReadonlyArray<ReadonlyArray<ts.Declaration>> => {
  const functions = declarations.filter(ts.isFunctionDeclaration)
  const others = declarations.filter((each) => !ts.isFunctionDeclaration(each)).map((each) => [each])
  return functions.length === 0 ? others : [functions, ...others]
}

const complain = (declarations: ReadonlyArray<ts.Node>): string | undefined => {
  const complaints = declarations.map(missing)
  return complaints.includes(undefined) ? undefined : complaints[0]
}

/** The `src` folder a module is in. */
const sources = (module: string): string => {
  const parts = module.split("/")
  const at = parts.lastIndexOf("src")
  return at < 0 ? `${dirname(module)}/` : `${parts.slice(0, at + 1).join("/")}/`
}

export interface Comments {
  /** How many exported declarations were looked at. */
  readonly count: number
  readonly problems: ReadonlyArray<Problem>
}

export const checkComments = (files: ReadonlyArray<string>, base: string = root): Comments => {
  const program = ts.createProgram([...files], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    skipLibCheck: true,
    types: []
  })
  const checker = program.getTypeChecker()
  const problems: Array<Problem> = []
  const checked = new Set(files)
  const seen = new Set<ts.Declaration>()

  const report = (node: ts.Node, message: string): void => {
    const file = node.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(node.getStart())
    problems.push({ source: relative(base, file.fileName), line: line + 1, message })
  }

  const checkExport = (file: ts.SourceFile, symbol: ts.Symbol): void => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0
    // `export { a } from`, `export * as a from`: may be described there, or where it was declared.
    const mentions = isAlias
      ? (symbol.declarations ?? []).map((each) => (ts.isNamespaceExport(each) ? each.parent : each))
      : []
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol
    for (const group of groups(target.declarations ?? [])) {
      const [first] = group
      if (first === undefined || seen.has(first)) continue
      const home = first.getSourceFile().fileName
      // What another public module declares is checked there, and what another package does is not ours.
      if (home !== file.fileName && (checked.has(home) || !home.startsWith(sources(file.fileName)))) continue
      seen.add(first)
      const complaint = complain(ts.isSourceFile(first) ? mentions : [...group, ...mentions])
      if (complaint !== undefined) report(mentions[0] ?? first, `${symbol.name} ${complaint}`)
    }
  }

  for (const name of files) {
    const file = program.getSourceFile(name)
    if (file === undefined) throw new ToolError(`the compiler left out ${relative(base, name)}`)
    if (!hasModuleComment(file)) {
      problems.push({
        source: relative(base, name),
        line: 1,
        message: "the module has no comment with @since at its top"
      })
    }
    const module = checker.getSymbolAtLocation(file)
    if (module === undefined) {
      problems.push({ source: relative(base, name), line: 1, message: "the module exports nothing" })
      continue
    }
    for (const symbol of checker.getExportsOfModule(module)) checkExport(file, symbol)
  }
  return { count: seen.size, problems }
}
