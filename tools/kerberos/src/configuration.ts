/** The files by which clients and the KDC are configured. */
import * as Paths from "./paths.js"

export const realm = "AIRFLOW.TEST"

/**
 * Names of hosts are taken as they are: no name server is asked for others, and no domain is put behind a short one. TCP
 * alone, so that a KDC that is down is noticed at once.
 */
export const client = (port: number): string => `[libdefaults]
  default_realm = ${realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  qualify_shortname = ""
  udp_preference_limit = 1
  default_ccache_name = DIR:${Paths.tickets}
  ticket_lifetime = 12h

[realms]
  ${realm} = {
    kdc = 127.0.0.1:${port}
  }

[logging]
  kdc = FILE:${Paths.log}
  default = FILE:${Paths.log}
`

export const kdc = (port: number): string => `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}

[realms]
  ${realm} = {
    database_name = ${Paths.database}
    key_stash_file = ${Paths.stash}
    acl_file = ${Paths.root}/none.acl
    max_life = 24h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
  }
`

/** For programs that are to use this KDC and its tickets. */
export const clientEnvironment: Readonly<Record<string, string>> = {
  KRB5_CONFIG: Paths.clientConfig,
  KRB5CCNAME: `DIR:${Paths.tickets}`
}

/** For servers that take tickets of this KDC; where their key is, each is told in its own way. */
export const serverEnvironment: Readonly<Record<string, string>> = {
  KRB5_CONFIG: Paths.clientConfig,
  KRB5RCACHENAME: `file2:${Paths.replays}`
}

/** For the KDC and its tools. */
export const kdcEnvironment: Readonly<Record<string, string>> = {
  KRB5_CONFIG: Paths.clientConfig,
  KRB5_KDC_PROFILE: Paths.kdcConfig
}
