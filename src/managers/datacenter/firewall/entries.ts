// The entries of an IP set: addresses, networks and aliases, unordered (pve-firewall, PVE/API2/Firewall/IPSet.pm).

import { z } from 'zod';
import { hasHostBits, networkOf, parseNetwork, spelling } from '../../../config/address.ts';
import { becomes } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import { targetId } from '../../../model/ids.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { setEntryProblem } from '../../../proxmox/firewall/file.ts';
import type { Part, PartCall } from '../lists/part.ts';
import { clusterFirewall, leftOutBy, textAbove } from './file.ts';

interface Entry {
  readonly cidr: string;
  readonly nomatch?: boolean | undefined;
  readonly comment?: string | undefined;
}

const PLACE = { verb: 'pvesh create /cluster/firewall/ipset/{name}', option: 'cidr' };
const MAX_COMMENT = 200;
const ALIAS = /^(?:dc\/)?([A-Za-z][A-Za-z0-9_-]+)$/;

const address = becomes(
  [PLACE],
  (refused) => `must be an address, a network, or an alias of the datacenter: ${refused}`,
  text.line(130).min(1),
).superRefine((cidr, { addIssue }) => {
  const message = faultOf(cidr);
  if (message !== undefined) addIssue({ code: 'custom', message });
});

const entry = z.strictObject({
  cidr: address.describe('An address, a network such as 10.9.0.0/16, or an alias of the datacenter such as dc/lan.'),
  nomatch: z.boolean().optional().describe('Whether it is left out of a larger network of the set. Default: false.'),
  comment: text.line(MAX_COMMENT).min(1).optional().describe('For readers; kept with the entry.'),
});

const schema = z
  .array(z.union([address, entry], 'must be an address, or an object with cidr, nomatch and comment'))
  .superRefine((list, { addIssue }) => {
    const seen = new Set<string>();
    for (const [index, one] of list.entries()) {
      const key = keyOf(cidrOf(one));
      if (seen.has(key)) addIssue({ code: 'custom', path: [index], message: 'must not be in the set twice' });
      seen.add(key);
    }
  });

export const entries: Part = {
  field: 'entries',
  schema,
  describes:
    'Everything that is in the set. One that is declared without entries keeps those that others put there; an empty list is a set without any.',
  normalised: (list) => entriesOf(list).map((one): Json => ({ ...one })),
  lines: (list) => entriesOf(list).map(lineOf),
  written: (lines) => {
    const list = lines.map((line): Json => {
      const { cidr, ...more } = entryOf(line);
      return Object.keys(more).length === 0 ? cidr : { cidr, ...more };
    });
    return schema.safeParse(list).success ? list : null;
  },
  needs: (list) =>
    entriesOf(list).flatMap(({ cidr }) => {
      const alias = aliasIn(cidr);
      return alias === null ? [] : [targetId('alias', alias)];
    }),
  calls,
  leftOut: (lines, file, name) => {
    const above = clusterFirewall(textAbove(file, 'ipset', name));
    const all = clusterFirewall(file);
    return lines.flatMap((line) => {
      const problem = leftOutBy((names) => setEntryProblem(entryOf(line).cidr, undefined, names), above, all);
      return problem === undefined ? [] : [`entry "${line}": ${problem}`];
    });
  },
  deletedWithObject: true,
};

/** The alias that an entry names; null for an address. */
export function aliasIn(entry: Json): string | null {
  const cidr = typeof entry === 'string' ? entry : String((entry as JsonObject)['cidr']);
  return ALIAS.exec(cidr)?.[1]?.toLowerCase() ?? null;
}

/** A fault in what Proxmox's format accepts but its code refuses or rewrites; undefined for none. */
function faultOf(cidr: string): string | undefined {
  if (cidr.startsWith('guest/')) return 'must be an alias of the datacenter: sets of it know none of guests';
  if (/\/0+$/.test(cidr)) return 'must not be a network of everything: Proxmox takes none in a set';
  return hasHostBits(cidr) ? `must be a network: write ${networkOf(cidr)}, or the address alone` : undefined;
}

function cidrOf(one: string | Entry): string {
  return typeof one === 'string' ? one : one.cidr;
}

/** Sorted by address, as Proxmox writes them into the file. */
function entriesOf(list: Json): Entry[] {
  const all = (Array.isArray(list) ? list : []).map((one): Entry => {
    const { cidr, nomatch, comment } = typeof one === 'string' ? { cidr: one } : (one as JsonObject);
    const address = String(cidr);
    return {
      cidr: address.replace(address.includes(':') ? /\/128$/ : /\/32$/, ''),
      ...(nomatch === true ? { nomatch } : {}),
      ...(comment === undefined ? {} : { comment: String(comment) }),
    };
  });
  return all.sort((a, b) => (a.cidr < b.cidr ? -1 : 1));
}

function lineOf({ cidr, nomatch, comment }: Entry): string {
  return `${nomatch === true ? '!' : ''}${cidr}${comment === undefined ? '' : ` # ${comment}`}`;
}

function entryOf(line: string): Entry {
  const [, not, cidr = '', comment] = /^(!)?(\S+)(?: # (.*))?$/.exec(line) ?? [];
  return { cidr, ...(not === undefined ? {} : { nomatch: true }), ...(comment === undefined ? {} : { comment }) };
}

/** A key that is equal for different spellings of the same network. */
function keyOf(cidr: string): string {
  const network = parseNetwork(cidr);
  return network === undefined ? cidr.toLowerCase() : `${spelling(network.address)}/${network.bits}`;
}

function calls(present: readonly string[], wanted: readonly string[]): PartCall[] {
  const here = new Map(present.map((line) => [keyOf(entryOf(line).cidr), entryOf(line)]));
  const declared = wanted.map(entryOf);
  const keys = new Set(declared.map(({ cidr }) => keyOf(cidr)));
  return [
    ...declared.flatMap((one): PartCall[] => {
      const { cidr, nomatch = false, comment } = one;
      const is = here.get(keyOf(cidr));
      if (is === undefined) {
        const more = [...(nomatch ? ['--nomatch', '1'] : []), ...(comment === undefined ? [] : ['--comment', comment])];
        return [{ summary: `add ${cidr} to`, verb: 'create', path: '', args: ['--cidr', cidr, ...more] }];
      }
      // An undeclared comment is kept; the call would remove it.
      const kept = comment ?? is.comment;
      if (nomatch === (is.nomatch ?? false) && kept === is.comment) return [];
      const args = ['--nomatch', nomatch ? '1' : '0', ...(kept === undefined ? [] : ['--comment', kept])];
      return [{ summary: `change ${cidr} of`, verb: 'set', path: `/${is.cidr}`, args }];
    }),
    ...[...here].flatMap(([key, { cidr }]): PartCall[] =>
      keys.has(key) ? [] : [{ summary: `take ${cidr} out of`, verb: 'delete', path: `/${cidr}`, args: [] }],
    ),
  ];
}
