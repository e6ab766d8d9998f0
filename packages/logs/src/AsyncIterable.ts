/**
 * A Stream as an async iterable that behaves as `for await` expects: calls of `next` settle in their order,
 * `return` settles a `next` that is waiting, runs the finalizers and then settles itself, and nothing is
 * asked of the Stream before `next` is called.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Ends the iteration: a waiting `next`, or else the next one, rejects with {@link abortError}. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What an abort is reported as: an error named `AbortError`. It is the signal's own reason when that is one,
 * and else holds the reason as its cause.
 *
 * @since 0.1.0
 * @category errors
 */
export const abortError = (reason: unknown): Error => {
  if (reason instanceof Error && reason.name === "AbortError") return reason
  const error = new Error("The operation was aborted", reason === undefined ? {} : { cause: reason })
  error.name = "AbortError"
  return error
}

interface Waiting<A> {
  readonly resolve: (result: IteratorResult<A, undefined>) => void
  readonly reject: (error: unknown) => void
}

const finished: IteratorResult<never, undefined> = { done: true, value: undefined }

class ChunkIterator<A, E, R> implements AsyncIterableIterator<A, undefined, undefined> {
  private buffer: ReadonlyArray<A> = []
  private at = 0
  private readonly waiting: Array<Waiting<A>> = []
  private readonly scope = Effect.runSync(Scope.make())
  private pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>, R> | undefined
  private fiber: Fiber.RuntimeFiber<Chunk.Chunk<A>, Option.Option<E>> | undefined
  private closing: Promise<void> | undefined
  private readonly stopListening: () => void
  /** Told to the next one who asks, when nobody waited at the time of the abort. */
  private aborted: Error | undefined

  private readonly stream: Stream.Stream<A, E, R>
  private readonly runtime: Runtime.Runtime<R>

  constructor(stream: Stream.Stream<A, E, R>, runtime: Runtime.Runtime<R>, signal: AbortSignal | undefined) {
    this.stream = stream
    this.runtime = runtime
    const abort = () => {
      const error = abortError(signal?.reason)
      if (this.waiting.length === 0) this.aborted = error
      void this.close(Exit.interrupt(FiberId.none), (waiting) => waiting.reject(error))
    }
    signal?.addEventListener("abort", abort, { once: true })
    this.stopListening = () => signal?.removeEventListener("abort", abort)
    if (signal?.aborted === true) abort()
  }

  next(): Promise<IteratorResult<A, undefined>> {
    if (this.at < this.buffer.length && this.waiting.length === 0) {
      return Promise.resolve({ done: false, value: this.buffer[this.at++]! })
    }
    // What was read is not kept while the next is waited for.
    this.buffer = []
    if (this.closing !== undefined) {
      const { aborted } = this
      this.aborted = undefined
      return aborted === undefined ? Promise.resolve(finished) : Promise.reject(aborted)
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.advance()
    })
  }

  async return(): Promise<IteratorResult<A, undefined>> {
    await this.close(Exit.void, (waiting) => waiting.resolve(finished))
    return finished
  }

  async throw(error?: unknown): Promise<IteratorResult<A, undefined>> {
    await this.close(Exit.void, (waiting) => waiting.resolve(finished))
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Asks the Stream for its next chunk, unless that is under way. */
  private advance(): void {
    if (this.fiber !== undefined || this.waiting.length === 0) return
    const pull = Effect.suspend(() =>
      this.pull !== undefined
        ? this.pull
        : Effect.flatMap(Scope.extend(Stream.toPull(this.stream), this.scope), (pull) => (this.pull = pull))
    )
    const fiber = Runtime.runFork(this.runtime)(pull)
    this.fiber = fiber
    fiber.addObserver((exit) => {
      this.fiber = undefined
      if (this.closing !== undefined) return
      if (Exit.isSuccess(exit)) {
        this.buffer = Chunk.toReadonlyArray(exit.value)
        this.at = 0
        while (this.at < this.buffer.length && this.waiting.length > 0) {
          this.waiting.shift()!.resolve({ done: false, value: this.buffer[this.at++]! })
        }
        this.advance()
      } else {
        this.finish(exit.cause)
      }
    })
  }

  /** The Stream has ended: by itself, or with a failure that the first one who waits is told. */
  private finish(cause: Cause.Cause<Option.Option<E>>): void {
    const failure = Cause.flipCauseOption(cause)
    const ended = Option.isNone(failure)
    let told = ended
    const exit = Option.isNone(failure) ? Exit.void : Exit.failCause(failure.value)
    void this.close(
      exit,
      (waiting) => {
        if (told) return waiting.resolve(finished)
        told = true
        waiting.reject(Option.isSome(failure) ? Cause.squash(failure.value) : undefined)
      },
      true
    )
  }

  /** Settles who waits, interrupts the Stream and runs its finalizers; done once. */
  private close(
    exit: Exit.Exit<unknown, unknown>,
    settle: (waiting: Waiting<A>) => void,
    after = false
  ): Promise<void> {
    if (this.closing !== undefined) return this.closing
    this.stopListening()
    this.buffer = []
    const { fiber } = this
    const waiting = this.waiting.splice(0)
    const finalize = Effect.zipRight(
      fiber === undefined ? Effect.void : Fiber.interrupt(fiber),
      Scope.close(this.scope, exit)
    )
    if (!after) waiting.forEach(settle)
    this.closing = Runtime.runPromise(this.runtime)(finalize)
    // A Stream that ended tells so after its finalizers ran, as a generator would.
    if (after) {
      void this.closing.then(
        () => waiting.forEach(settle),
        () => waiting.forEach(settle)
      )
    }
    return this.closing
  }
}

/**
 * Iterates a Stream. Each element is there as soon as its chunk is: no fiber is started per element. A
 * failure rejects one `next` with the error itself; after it, and after the end, `next` gives `done`.
 *
 * @example
 * import * as AsyncIterable from "@effect-airflow/logs/AsyncIterable"
 * import * as Runtime from "effect/Runtime"
 * import * as Stream from "effect/Stream"
 *
 * for await (const n of AsyncIterable.fromStream(Stream.make(1, 2, 3), Runtime.defaultRuntime)) {
 *   console.log(n)
 * }
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  runtime: Runtime.Runtime<R>,
  options: Options = {}
): AsyncIterableIterator<A, undefined, undefined> => new ChunkIterator(stream, runtime, options.signal)
