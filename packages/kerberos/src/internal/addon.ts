/** The package `kerberos`, as far as it is used here: loaded when it is needed first, and not before. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { KerberosError } from "../KerberosError.js"

export interface Context {
  /** Takes what the server sent, in base64 (nothing at first), and gives what is to be sent. */
  readonly step: (challenge: string) => Promise<string | null>
  readonly contextComplete: boolean
}

export interface Addon {
  readonly GSS_MECH_OID_KRB5: number
  readonly GSS_MECH_OID_SPNEGO: number
  readonly initializeClient: (
    service: string,
    options: { readonly mechOID: number; readonly principal?: string }
  ) => Promise<Context>
}

/** Not literally in the `import`: its types, and bundlers, would want it to be there. */
const name: string = "kerberos"

export const installed = (): Promise<unknown> => import(name)

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "an unknown error"

const missing = "the package kerberos is not installed: npm install kerberos@7"

const unusable =
  "the package kerberos is installed, but its native part cannot be loaded. To be built it needs a compiler and the headers " +
  "of Kerberos (Debian: g++, make, libkrb5-dev) and a package manager that lets it run its install script; then " +
  "npm rebuild kerberos. To run it needs libgssapi_krb5.so.2 (Debian: libgssapi-krb5-2). It says: "

const isAddon = (it: unknown): it is Addon =>
  Predicate.hasProperty(it, "initializeClient") && typeof it.initializeClient === "function"

export const load = (from: () => Promise<unknown>): Effect.Effect<Addon, KerberosError> =>
  Effect.tryPromise({
    try: from,
    catch: (error) =>
      Predicate.hasProperty(error, "code") && error.code === "ERR_MODULE_NOT_FOUND"
        ? new KerberosError({ reason: "AddonMissing", message: missing })
        : new KerberosError({ reason: "AddonUnusable", message: `${unusable}${messageOf(error)}` })
  }).pipe(
    Effect.flatMap((module) => {
      const found = [Predicate.hasProperty(module, "default") ? module.default : undefined, module].find(
        isAddon
      )
      return found === undefined
        ? Effect.fail(
            new KerberosError({ reason: "AddonUnusable", message: `${unusable}it has no initializeClient` })
          )
        : Effect.succeed(found)
    })
  )
