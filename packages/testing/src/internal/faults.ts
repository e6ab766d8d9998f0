/** Which fault, if any, strikes a request. */
import type { ArrivedRequest, Fault, Injection } from "../Fault.js"

interface Active {
  readonly fault: Fault
  readonly when: (request: ArrivedRequest) => boolean
  passing: number
  left: number
}

export class Faults {
  private active: Array<Active> = []

  inject(fault: Fault, { after = 0, times = 1, when = () => true }: Injection): void {
    if (times > 0) this.active.push({ fault, when, passing: after, left: times })
  }

  clear(): void {
    this.active = []
  }

  /** The first that matches and is due. */
  next(request: ArrivedRequest): Fault | undefined {
    for (const candidate of this.active) {
      if (!candidate.when(request)) continue
      if (candidate.passing > 0) {
        candidate.passing--
        continue
      }
      candidate.left--
      if (candidate.left <= 0) this.active = this.active.filter((other) => other !== candidate)
      return candidate.fault
    }
    return undefined
  }
}
