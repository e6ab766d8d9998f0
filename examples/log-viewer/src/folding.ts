/** Which attempts and groups there are, and which of them are folded. */

export class Folding {
  // Group 0 stands for none.
  private readonly parents: Array<number> = [0]
  private readonly counts: Array<number> = [0]
  private readonly folded: Array<boolean> = [false]
  private readonly attemptsFolded: Array<boolean> = []
  /** The innermost group that is open. */
  current = 0

  begin(): number {
    this.parents.push(this.current)
    this.counts.push(0)
    this.folded.push(false)
    return (this.current = this.parents.length - 1)
  }

  /** Ends the innermost group; false: there is none. */
  end(): boolean {
    if (this.current === 0) return false
    this.current = this.parents[this.current]!
    return true
  }

  /** An attempt begins: what is still open ends. */
  endAll(): void {
    this.current = 0
  }

  /** A line more in all the groups that are open. */
  count(): void {
    for (let group = this.current; group !== 0; group = this.parents[group]!) this.counts[group]!++
  }

  lines = (group: number): number => this.counts[group]!
  get groups(): number {
    return this.parents.length - 1
  }

  isFolded = (group: number): boolean => this.folded[group]!
  isAttemptFolded = (attempt: number): boolean => this.attemptsFolded[attempt] ?? false

  /** How many groups this one is in, itself included. */
  depth(group: number): number {
    let depth = 0
    for (let at = group; at !== 0; at = this.parents[at]!) depth++
    return depth
  }

  /** Whether what is in this group is out of sight. */
  isHidden(group: number): boolean {
    for (let at = group; at !== 0; at = this.parents[at]!) if (this.folded[at]!) return true
    return false
  }

  fold(group: number, folded: boolean): void {
    this.folded[group] = folded
  }

  foldAttempt(attempt: number, folded: boolean): void {
    this.attemptsFolded[attempt] = folded
  }

  foldAllGroups(folded: boolean): void {
    this.folded.fill(folded, 1)
  }

  /** Opens whatever hides this group and this attempt. */
  reveal(attempt: number, group: number): void {
    this.attemptsFolded[attempt] = false
    for (let at = group; at !== 0; at = this.parents[at]!) this.folded[at] = false
  }
}
