/** Says where a file is not what it should be; undefined: nowhere. */
export const difference = (text: string, expected: ReadonlyArray<string>): string | undefined => {
  if (!text.endsWith("\n")) return "the file does not end with a newline"
  const lines = text.slice(0, -1).split("\n")
  const at = lines.findIndex((line, index) => line !== expected[index])
  if (at >= 0)
    return `line ${at + 1} is ${JSON.stringify(lines[at])} and should be ${JSON.stringify(expected[at])}`
  return lines.length === expected.length ? undefined : `${lines.length} lines instead of ${expected.length}`
}
