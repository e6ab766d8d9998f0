/** What GSS says, and what it means. The messages are those of MIT Kerberos 1.20, each as it was seen. */
import type { Reason } from "../KerberosError.js"

export const reasons: ReadonlyArray<Reason> = [
  "AddonMissing",
  "AddonUnusable",
  "NoTicket",
  "TicketExpired",
  "UnknownService",
  "WrongRealm",
  "KdcUnreachable",
  "ClockSkew",
  "ServerNotProven",
  "InvalidOption",
  "Other"
]

/** With SPNEGO it says no more than this when no mechanism works; the mechanism itself would have said why. */
export const isVague = (message: string): boolean => /SPNEGO cannot find mechanisms/.test(message)

const meanings: ReadonlyArray<readonly [RegExp, Reason]> = [
  [/Server krbtgt\/\S+ not found in Kerberos database/, "WrongRealm"],
  [/Server \S+ not found in Kerberos database/, "UnknownService"],
  [/Cannot find KDC for realm|Realm not local to KDC|KDC policy rejects/, "WrongRealm"],
  [/Cannot contact any KDC/, "KdcUnreachable"],
  [/Ticket expired/, "TicketExpired"],
  [/Clock skew too great/, "ClockSkew"],
  [/No Kerberos credentials available|Can't find client principal|No credentials were supplied/, "NoTicket"]
]

export const reasonOf = (message: string): Reason =>
  meanings.find(([pattern]) => pattern.test(message))?.[1] ?? "Other"
