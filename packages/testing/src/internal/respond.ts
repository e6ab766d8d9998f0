/** From a request to bytes: the answer, or what a fault makes of it. The same over a socket and in memory. */
import type { ArrivedRequest, Fault } from "../Fault.js"
import type { Answer } from "./answer.js"
import type { Faults } from "./faults.js"

export interface Bytes {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Whether the server would compress it. */
  readonly gzip?: true
}

/** What is sent, and where it goes wrong. */
export interface Response extends Bytes {
  /** The connection breaks: undefined never, 0 bytes: with the headers sent. */
  readonly dropAfter: number | "before" | undefined
  /** Whether it breaks with a reset. */
  readonly reset: boolean
  readonly stall: { readonly millis: number; readonly afterBytes: number | undefined } | undefined
  /** Whether it is compressed, which the request said is welcome. */
  readonly compressed: boolean
}

const acceptsGzip = ({ headers }: ArrivedRequest): boolean =>
  (headers["accept-encoding"] ?? "")
    .split(",")
    .some((coding) => /^\s*(?:x-)?gzip\b(?!\s*;\s*q=0(?:\.0*)?\s*$)/i.test(coding))

export class Responder {
  private readonly last = new Map<string, Bytes>()

  private readonly answer: (request: ArrivedRequest) => Answer
  private readonly faults: Faults

  constructor(answer: (request: ArrivedRequest) => Answer, faults: Faults) {
    this.answer = answer
    this.faults = faults
  }

  respond(request: ArrivedRequest): Response {
    const fault = this.faults.next(request)
    const key = `${request.method} ${request.path}`
    if (fault?._tag === "Answer") {
      return { ...fault, body: Buffer.from(fault.body), ...where(fault), compressed: false }
    }
    const before = this.last.get(key)
    const repeated = fault?._tag === "Repeat" ? before : undefined
    const bytes = repeated ?? encode(this.answer(request))
    if (bytes.status < 300) this.last.set(key, bytes)
    const compressed = bytes.gzip === true && acceptsGzip(request)
    return { ...spoil(bytes, fault), ...where(fault), compressed }
  }
}

const encode = ({ body, ...rest }: Answer): Bytes => ({ ...rest, body: Buffer.from(body) })

const spoil = (bytes: Bytes, fault: Fault | undefined): Bytes =>
  fault?._tag === "Rewrite"
    ? { ...bytes, headers: { ...bytes.headers, ...fault.headers }, body: fault.body(bytes.body) }
    : bytes

const where = (fault: Fault | undefined): Pick<Response, "dropAfter" | "reset" | "stall"> => ({
  dropAfter: fault?._tag === "Drop" ? (fault.afterBytes ?? "before") : undefined,
  reset: fault?._tag === "Drop" && fault.reset === true,
  stall: fault?._tag === "Stall" ? { millis: fault.millis, afterBytes: fault.afterBytes } : undefined
})
