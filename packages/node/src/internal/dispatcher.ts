/** The undici dispatcher that a layer's requests go through. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { Agent, type Dispatcher, ProxyAgent } from "undici"
import type { Options } from "../NodeAirflow.js"
import { decompressing } from "./gzip.js"

interface Issue {
  readonly field: string
  readonly issue: string
}

const open = (options: Options): Effect.Effect<Dispatcher, Issue> =>
  Effect.gen(function* () {
    const { ca, cert, connections, key, passphrase, proxy, proxyToken } = options
    if (connections !== undefined && !(Number.isSafeInteger(connections) && connections > 0)) {
      return yield* Effect.fail({ field: "connections", issue: "must be a whole number of 1 or more" })
    }
    if ((cert === undefined) !== (key === undefined)) {
      return yield* Effect.fail({
        field: cert === undefined ? "cert" : "key",
        issue: "is missing: both or none"
      })
    }
    const tls = {
      ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key: Redacted.value(key) }),
      ...(passphrase === undefined ? {} : { passphrase: Redacted.value(passphrase) })
    }
    // undici would only notice at the first connection, and OpenSSL never that a `ca` is none. Its messages
    // hold nothing of the key.
    const check = (field: string, read: () => unknown) =>
      Effect.try({
        try: read,
        catch: (error) => ({
          field,
          issue: `could not be read as PEM: ${error instanceof Error ? error.message : "unknown error"}`
        })
      })
    yield* check("ca", () =>
      (tls.ca === undefined ? [] : [tls.ca].flat()).map((pem) => new X509Certificate(pem))
    )
    yield* check("cert", () => createSecureContext(tls))
    const common = { connections: connections ?? null }
    if (proxy === undefined) return new Agent({ ...common, connect: tls })
    return yield* Effect.try({
      try: () =>
        new ProxyAgent({
          ...common,
          uri: String(proxy),
          requestTls: tls,
          proxyTls: tls,
          ...(proxyToken === undefined ? {} : { token: Redacted.value(proxyToken) })
        }),
      catch: () => ({ field: "proxy", issue: "must be the URL of an HTTP proxy" })
    })
  })

export const make = (options: Options): Effect.Effect<Dispatcher, Issue, Scope.Scope> =>
  Effect.acquireRelease(Effect.map(open(options), decompressing), (dispatcher) =>
    Effect.promise(() => dispatcher.destroy())
  )
