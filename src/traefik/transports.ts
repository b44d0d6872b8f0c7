// Checks of server transports. If Traefik cannot set up a transport's TLS, it only keeps the timeouts and logs an error.

import type { JsonObject } from '../model/json.ts';
import { type Fault, useless } from './fault.ts';
import { text, texts } from './read.ts';
import { suiteFault, VERSIONS } from './tls.ts';

const IGNORED = 'and Traefik leaves all of its TLS settings away';

/** Pure. */
export function transportFaults(transport: JsonObject): Fault[] {
  const least = text(transport['minVersion']);
  const most = text(transport['maxVersion']);
  const versions = ['minVersion', 'maxVersion'].flatMap((name): Fault[] => {
    const version = text(transport[name]);
    if (version === '' || VERSIONS.includes(version)) return [];
    const message = `"${version}" is no version of TLS, ${IGNORED}`;
    return [useless([name], { message, hint: `There are ${VERSIONS.join(', ')}.` })];
  });
  const suites = texts(transport['cipherSuites']).flatMap((suite, index): Fault[] => {
    const fault = suiteFault(suite);
    return fault === null
      ? []
      : [useless(['cipherSuites', String(index)], { ...fault, message: `${fault.message}, ${IGNORED}` })];
  });
  return [...versions, ...suites, ...orderFaults(least, most)];
}

/** Without a maximum version, 3.7.9 considers every minimum too high, which is a bug that is not reported here. */
function orderFaults(least: string, most: string): Fault[] {
  if (!VERSIONS.includes(least) || !VERSIONS.includes(most)) return [];
  if (VERSIONS.indexOf(least) <= VERSIONS.indexOf(most)) return [];
  const message = `minVersion is above maxVersion, ${IGNORED}`;
  return [useless(['minVersion'], { message, hint: 'Set maxVersion to VersionTLS13.' })];
}
