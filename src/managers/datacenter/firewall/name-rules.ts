// Checks names of the datacenter's firewall: references to something unknown, and names that are declared twice.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';
import { aliasIn } from './entries.ts';

/** UNKNOWN_REFERENCE: Proxmox refuses a set that names an unknown alias. */
export function entriesNameKnownAliases({ config: { datacenter, hypervisor }, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.file(DATACENTER_FILE) || unreadable.host('known_aliases')) return [];
  const known = new Set([
    ...hypervisor.knownAliases.map((name) => name.toLowerCase()),
    ...(datacenter?.get('alias') ?? []).map(({ name }) => name),
  ]);
  return (datacenter?.get('ipset') ?? []).flatMap(({ name, writtenAt, written }) => {
    const list = Array.isArray(written['entries']) ? written['entries'] : [];
    return list.flatMap((entry, index): Diagnostic[] => {
      const alias = aliasIn(entry);
      if (alias === null || known.has(alias)) return [];
      return [
        {
          code: 'UNKNOWN_REFERENCE',
          at: placeIn(writtenAt, 'entries', index),
          message: `There is no alias "${alias}"`,
          hint: `Declare it in "aliases". If people keep one of that name in the datacenter's firewall, name it in "known_aliases" of ${HYPERVISOR_FILE}.`,
          target: targetId('ipset', name),
        },
      ];
    });
  });
}

/** DUPLICATE_NAME: a name that the host's firewall file leaves to people is declared for Phoenix as well. */
export function namesAreDeclaredOnce({ config: { datacenter, hypervisor } }: RuleContext): Diagnostic[] {
  return [
    ['alias', 'aliases', 'known_aliases', hypervisor.knownAliases] as const,
    ['ipset', 'ip_sets', 'known_ip_sets', hypervisor.knownIpSets] as const,
  ].flatMap(([kind, field, known, names]) =>
    names.flatMap((name, index): Diagnostic[] => {
      const declared = datacenter?.get(kind)?.find((one) => one.name === name.toLowerCase());
      if (declared === undefined) return [];
      const message = `"${declared.name}" is declared in "${field}" and named in "${known}", which is for what people keep`;
      const both = { code: 'DUPLICATE_NAME', message, hint: 'Take it out of one of them.' } as const;
      return [
        { ...both, at: declared.writtenAt, target: targetId(kind, declared.name) },
        { ...both, at: { file: HYPERVISOR_FILE, path: `/${known}/${index}` } },
      ];
    }),
  );
}
