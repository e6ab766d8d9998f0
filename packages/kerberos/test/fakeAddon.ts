/** An addon without Kerberos: it does what it is told, and remembers what it was asked. */

export interface Asked {
  readonly service: string
  readonly options: { readonly mechOID: number; readonly principal?: string }
}

export const spnego = 6
export const krb5 = 9

export interface Behaviour {
  /** The first step; by default a token that never came before. */
  readonly begin?: (asked: Asked) => Promise<string | null>
  /** What initializing does beside. */
  readonly initialize?: (asked: Asked) => Promise<void>
  /** The second step: whether the handshake is over. */
  readonly finish?: (reply: string) => Promise<boolean>
}

export const fakeAddon = ({ begin, finish, initialize }: Behaviour = {}) => {
  const asked: Array<Asked> = []
  let [loads, made, running, most] = [0, 0, 0, 0]
  const busy = async <A>(work: () => Promise<A>): Promise<A> => {
    running++
    most = Math.max(most, running)
    try {
      return await work()
    } finally {
      running--
    }
  }
  const module = {
    GSS_MECH_OID_KRB5: krb5,
    GSS_MECH_OID_SPNEGO: spnego,
    initializeClient: (service: string, options: Asked["options"]) =>
      busy(async () => {
        const one = { service, options }
        asked.push(one)
        await initialize?.(one)
        const context = {
          contextComplete: false,
          step: (challenge: string) =>
            busy(async () => {
              await new Promise(setImmediate)
              if (challenge === "") return begin === undefined ? btoa(`token ${++made}`) : begin(one)
              context.contextComplete = (await finish?.(challenge)) ?? true
              return null
            })
        }
        return context
      })
  }
  return {
    asked,
    loads: () => loads,
    running: () => running,
    most: () => most,
    addon: async (): Promise<unknown> => {
      loads++
      return { default: module }
    }
  }
}
