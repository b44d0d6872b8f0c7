// Traefik's static configuration: what it listens on, whom it believes, and where it tells what it made of its routes. It is read
// when Traefik starts; feature `traefik` puts a first one there, and a person's own is left alone.

import { stringify } from 'yaml';
import { contains, parseAddress, parseNetwork } from '../../../config/address.ts';
import { MARK } from '../inside.ts';
import { API_ADDRESS, DYNAMIC_FOLDER } from './scripts.ts';

/** Of files that feature `traefik` wrote before it marked them, byte for byte: nobody else has touched these. */
const SHIPPED: ReadonlySet<string> = new Set([
  '89d106e422584ab7cb798d85ce5435a3ac6f1efe628a38c1e314e608a59f26c8',
  '4cece127c7caa0c28778d38d941ed07061a261cb627d2da3ec2b0b5e7e59b541',
]);

/**
 * Seconds for one request with its body: as long as nginx waits for the proxy. Traefik's own limit of a minute ends uploads that
 * nginx lets through; without any, whoever sends a length and no body holds a connection for ever.
 */
const REQUEST_SECONDS = 3600;

/**
 * Pure. @param gateway the one machine that is believed what it says of the client, its address and scheme; null: nobody is. The API is served
 * by the entry point `traefik` alone, which only the container itself reaches; it would be open at all addresses were that not named.
 */
export function renderStatic(gateway: string | null): string {
  const passing = {
    ...(gateway === null ? {} : { forwardedHeaders: { trustedIPs: [gateway] } }),
    transport: { respondingTimeouts: { readTimeout: `${REQUEST_SECONDS}s` } },
  };
  const value = {
    entryPoints: {
      web: { address: ':80', ...passing },
      websecure: { address: ':443', ...passing },
      traefik: { address: API_ADDRESS },
    },
    providers: { file: { directory: DYNAMIC_FOLDER, watch: true } },
    api: { insecure: true },
    ping: {},
    log: { level: 'INFO', noColor: true },
  };
  return `${MARK}: what is changed here is overwritten. Without this line the file is yours, and left alone.\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export interface StaticFile {
  /** SHA-256 in hexadecimal digits; null where there is none. */
  readonly current: string | null;
  /** Of the last one with which Traefik came up. */
  readonly proven: string | null;
  /** Of the one with which Phoenix last started it. */
  readonly started: string | null;
  /** Its first line says that it is ours. */
  readonly marked: boolean;
}

/** Whether the mark is among lines that hold the first one of the file. */
export function isMarked(lines: readonly string[]): boolean {
  return lines.some((line) => line.startsWith(MARK));
}

/** Nobody wrote it but Phoenix: it may be replaced. */
export function isOurs({ current, marked }: StaticFile): boolean {
  return current === null || marked || SHIPPED.has(current);
}

/** An entry point as the running Traefik has it. */
export interface EntryPoint {
  readonly name: string;
  readonly trusted: readonly string[];
  readonly trustsAll: boolean;
  /** Seconds for a request with its body; 0: any time. */
  readonly readSeconds: number;
}

/** What the entry points that serve routes lack for the gateway before them to be of use, in words. */
export function missingEntryPoints(entryPoints: readonly EntryPoint[], gateway: string | null): string[] {
  if (gateway === null) return [];
  return entryPoints
    .filter(({ name }) => name === 'web' || name === 'websecure')
    .flatMap(({ name, trusted, trustsAll, readSeconds }) => [
      ...(trustsAll || trusted.some((each) => networkContains(each, gateway))
        ? []
        : [
            `entryPoints.${name}.forwardedHeaders.trustedIPs does not hold ${gateway}, so that what is behind it sees http and the gateway in place of the client`,
          ]),
      ...(readSeconds === 0 || readSeconds >= REQUEST_SECONDS
        ? []
        : [
            `entryPoints.${name}.transport.respondingTimeouts.readTimeout is ${readSeconds} seconds, which ends longer uploads; ${REQUEST_SECONDS}s is what nginx grants`,
          ]),
    ]);
}

function networkContains(written: string, address: string): boolean {
  const [network, one] = [parseNetwork(written), parseAddress(address)];
  return network !== undefined && one !== undefined && contains(network, one);
}
