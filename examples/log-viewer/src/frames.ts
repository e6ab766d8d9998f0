/**
 * Draws once per frame. Where there are none, as in a tab in the background, a timer takes their place, so that what
 * is said there is true, too.
 */
export class Frames {
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  private readonly work: () => void

  constructor(work: () => void) {
    this.work = work
  }

  ask(): void {
    if (this.timer !== undefined) return
    this.frame = requestAnimationFrame(this.run)
    this.timer = setTimeout(this.run, 250)
  }

  private readonly run = (): void => {
    this.close()
    this.work()
  }

  close(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
