/** What SGR parameters set, as far as classes of HTML show it. */
export interface Style {
  /** Of the palette, 0 to 255. */
  readonly fg: number | undefined
  readonly bg: number | undefined
  /** A bit for each that is on. */
  readonly faces: number
}

export const none: Style = { fg: undefined, bg: undefined, faces: 0 }

const BOLD = 1
const DIM = 2
const ITALIC = 4
const UNDERLINE = 8
const INVERSE = 16
const STRIKE = 32

const names: ReadonlyArray<readonly [face: number, name: string]> = [
  [BOLD, "ansi-bold"],
  [DIM, "ansi-dim"],
  [ITALIC, "ansi-italic"],
  [UNDERLINE, "ansi-underline"],
  [INVERSE, "ansi-inverse"],
  [STRIKE, "ansi-strike"]
]

export const classes = ({ bg, faces, fg }: Style): string => {
  const all: Array<string> = []
  if (fg !== undefined) all.push(`ansi-fg-${fg}`)
  if (bg !== undefined) all.push(`ansi-bg-${bg}`)
  if (faces !== 0) for (const [face, name] of names) if ((faces & face) !== 0) all.push(name)
  return all.join(" ")
}

const on: Readonly<Record<number, number>> = {
  1: BOLD,
  2: DIM,
  3: ITALIC,
  4: UNDERLINE,
  7: INVERSE,
  9: STRIKE,
  // A double one.
  21: UNDERLINE
}

const off: Readonly<Record<number, number>> = {
  22: BOLD | DIM,
  23: ITALIC,
  24: UNDERLINE,
  27: INVERSE,
  29: STRIKE
}

/** How many parameters a colour takes, by its kind: `5;n` of the palette, `2;r;g;b`. */
const taken: Readonly<Record<number, number>> = { 2: 4, 5: 2 }

/** A 24-bit colour is not shown; nor must the one before it stay. */
const indexed = (kind: number | undefined, index = 0): number | undefined =>
  kind === 5 && index <= 255 ? index : undefined

export const apply = (style: Style, params: string): Style => {
  let { bg, faces, fg } = style
  const parts = params.split(";")
  for (let at = 0; at < parts.length; at++) {
    // Parts of one parameter, as in `38:5:208` or `4:3`; an empty one is 0.
    const [code, ...sub] = parts[at]!.split(":").map(Number) as [number, ...Array<number>]
    if (code === 0) ({ bg, faces, fg } = none)
    else if (code === 38 || code === 48 || code === 58) {
      const [kind, index] = sub.length > 0 ? sub : parts.slice(at + 1, at + 3).map(Number)
      if (sub.length === 0) at += taken[kind ?? 0] ?? 1
      if (code === 38) fg = indexed(kind, index)
      // 58 colours the underline, which no class shows.
      if (code === 48) bg = indexed(kind, index)
    } else if (code >= 30 && code <= 37) fg = code - 30
    else if (code >= 40 && code <= 47) bg = code - 40
    else if (code >= 90 && code <= 97) fg = code - 90 + 8
    else if (code >= 100 && code <= 107) bg = code - 100 + 8
    else if (code === 39) fg = undefined
    else if (code === 49) bg = undefined
    else if (sub[0] === 0) faces &= ~(on[code] ?? 0)
    else faces = (faces | (on[code] ?? 0)) & ~(off[code] ?? 0)
  }
  return { fg, bg, faces }
}
