/** Answers that are read as they come. In a file of its own, so that who has no use for it does not carry it. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as AirflowError from "../AirflowError.js"
import type { Endpoint } from "../Endpoint.js"
import { isAcceptable } from "./answer.js"
import type { Call, Run } from "./client.js"
import type { Incoming } from "./http.js"
import type { BodyDecoder } from "./jsonParts.js"

/** Makes the items of an operation out of its answer. */
export interface Reader<Item> {
  <E>(
    accept: Endpoint<never, unknown, never>["accept"],
    run: Run<E>
  ): Stream.Stream<Item, E | AirflowError.ClientError>
}

const itemsOf = <Item>(answer: Incoming, call: Call<unknown>, decoder: BodyDecoder<Item>) => {
  const items = (decoded: Either.Either<ReadonlyArray<Item>, string>) =>
    Effect.mapBoth(decoded, {
      onFailure: (issue) =>
        new AirflowError.DecodeError({
          ...call.info(),
          status: answer.status,
          contentType: answer.contentType,
          issue
        }),
      onSuccess: Chunk.unsafeFromArray
    })
  const end = Effect.suspend((): Effect.Effect<Chunk.Chunk<Item>, AirflowError.ClientError> => {
    const last = decoder.end()
    return last === undefined
      ? Effect.fail(
          new AirflowError.TransportError({
            ...call.info(),
            reason: "Dropped",
            description: "the answer ended too early"
          })
        )
      : items(last)
  })
  return answer.bytes.pipe(
    Stream.mapError(call.failed),
    Stream.timeoutFail(call.tooLong, call.timeout),
    Stream.mapEffect((bytes) => items(decoder.push(bytes))),
    Stream.concat(Stream.fromEffect(end)),
    Stream.flattenChunks
  )
}

export const reader =
  <Item>(decoder: () => BodyDecoder<Item>): Reader<Item> =>
  (accept, run) =>
    Stream.unwrapScoped(
      Effect.flatMap(Effect.scope, (scope) =>
        run(
          (answer, call) =>
            isAcceptable(accept, answer)
              ? Effect.succeed(itemsOf(answer, call, decoder()))
              : Effect.flatMap(Effect.mapError(answer.start, call.failed), (text) =>
                  call.refuse({ ...answer, text })
                ),
          scope
        )
      )
    )
