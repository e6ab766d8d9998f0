import * as Auth from "@effect-airflow/core/Auth"
import type { CredentialsError } from "@effect-airflow/core/AirflowError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect, test } from "tstyche"

test("Auth.negotiate wants a hidden token, and may look at the server's", () => {
  const token = Redacted.make("dG9rZW4=")
  expect(Auth.negotiate(({ host }) => Effect.succeed({ token: Redacted.make(host) }))).type.toBe<Auth.Auth>()
  expect(Auth.negotiate).type.toBeCallableWith(() => Effect.succeed({ token, verify: () => Effect.void }))
  expect(Auth.negotiate).type.toBeCallableWith(() => Effect.fail(new Error("no ticket")))
  expect(Auth.negotiate).type.not.toBeCallableWith(() => Effect.succeed({ token: "dG9rZW4=" }))
  expect(Auth.negotiate).type.not.toBeCallableWith(Effect.succeed({ token }))
})

test("a token is made without services", () => {
  const token = Redacted.make("dG9rZW4=")
  expect(Auth.negotiate).type.not.toBeCallableWith(() => Effect.as(Effect.context<"Vault">(), { token }))
})

test("why there are no credentials", () => {
  expect<CredentialsError["reason"]>().type.toBe<string | undefined>()
})
