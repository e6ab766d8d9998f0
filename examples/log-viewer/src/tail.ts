/** Whether the end of the log is followed: until who reads turns back, and again when they come to it. */

/** So long a scroll may take to leave the end, in milliseconds. */
const turning = 500

export class Tail {
  follows = true
  private turnedBack = -Infinity
  private seen = 0

  /** Who turns back must not be held at the end: a scroll that is smooth begins with less than a pixel, which is at the end still. */
  turnBack(): void {
    this.follows = false
    this.turnedBack = performance.now()
  }

  scrolled(atEnd: boolean, upwards: boolean): void {
    if (atEnd && performance.now() - this.turnedBack > turning) this.follows = true
    else if (upwards) this.follows = false
  }

  /** How many rows came since the end was left; of so many. */
  unseen(rows: number): number {
    if (this.follows) this.seen = rows
    return Math.max(0, rows - this.seen)
  }
}
