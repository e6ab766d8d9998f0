/** Figures as a table of plain text, each column as wide as it must be. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number>>
): string => {
  const all = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const isNumber = head.map((_, column) => rows.every((row) => /^[\d.]/.test(String(row[column] ?? 0))))
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber[column] === true && column > 0
            ? cell.padStart(widths[column]!)
            : cell.padEnd(widths[column]!)
        )
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

/** The value below which so many of the sorted values are. */
export const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
