// Traefik's TLS support: versions, cipher suites, curves, and server options (pkg/tls, version 3.7).

import type { JsonObject } from '../model/json.ts';
import type { Objection } from './fault.ts';
import { section, text, texts } from './read.ts';

export const VERSIONS = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'];

const SUITES = new Set(
  `
  TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA
  TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
  TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_FALLBACK_SCSV`
    .trim()
    .split(/\s+/),
);

const CURVES = new Set(
  `
  secp256r1 CurveP256 secp384r1 CurveP384 secp521r1 CurveP521 x25519 X25519 x25519mlkem768 X25519MLKEM768
  secp256r1mlkem768 SecP256r1MLKEM768 secp384r1mlkem1024 SecP384r1MLKEM1024`
    .trim()
    .split(/\s+/),
);

const CLIENTS = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
];
const VERIFYING = ['VerifyClientCertIfGiven', 'RequireAndVerifyClientCert'];

/** Pure. Null if Traefik knows it. */
export function suiteFault(suite: string): Objection | null {
  if (SUITES.has(suite)) return null;
  return { message: `"${suite}" is no cipher suite`, hint: 'Write TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or the like.' };
}

/** Pure. Why Traefik cannot set up TLS with these options; null if it can, provided that the referenced files exist. */
export function optionsFault(options: JsonObject): Objection | null {
  const { clientAuthType, caFiles } = section(options['clientAuth']);
  const clients = text(clientAuthType);
  if (clients !== '' && !CLIENTS.includes(clients))
    return { message: `"${clients}" is no clientAuthType`, hint: `There are ${CLIENTS.join(', ')}.` };
  if (VERIFYING.includes(clients) && texts(caFiles).length === 0) return { message: `${clients} lacks caFiles` };
  for (const suite of texts(options['cipherSuites'])) {
    const fault = suiteFault(suite);
    if (fault !== null) return fault;
  }
  const curve = texts(options['curvePreferences']).find((each) => !CURVES.has(each));
  return curve === undefined ? null : { message: `"${curve}" is no curve`, hint: 'Write X25519 or CurveP256.' };
}

/** Pure. Client certificate and key must be set together. */
export function pairFault(tls: JsonObject): Objection | null {
  const lacks = (text(tls['cert']) === '') !== (text(tls['key']) === '');
  return lacks ? { message: 'cert and key stand together or not at all' } : null;
}
