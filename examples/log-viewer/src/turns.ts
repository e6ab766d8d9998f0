/**
 * Runs long work in turns, between which the browser does what it must: draws, and answers who types or scrolls. Turns
 * do not wait for frames, which are few on a busy machine, and none in a tab in the background.
 */
export class Turns {
  private readonly channel = new MessageChannel()
  private asked = false

  /** `work` does a part of it, and tells whether there is more. */
  constructor(work: () => boolean) {
    this.channel.port1.addEventListener("message", () => {
      this.asked = false
      if (work()) this.ask()
    })
    this.channel.port1.start()
  }

  ask(): void {
    if (this.asked) return
    this.asked = true
    this.channel.port2.postMessage(undefined)
  }

  close(): void {
    this.channel.port1.close()
  }
}
