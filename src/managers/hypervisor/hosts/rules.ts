// Checks that names of the node's hosts file resolve to one address.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { RuleContext } from '../../rule.ts';
import { dnsRecords } from '../dns/names.ts';
import { contradicts } from './entries.ts';

/** DNS_AMBIGUOUS: a name of `network.hosts` has two addresses, or another one in the host's DNS server, which serves that file as well. */
export function hostsNamesLeadToOneAddress({ config, unreadable }: RuleContext): Diagnostic[] {
  const { hosts, dns, writtenAt } = config.hypervisor;
  if (hosts.length === 0 || unreadable.host('network')) return [];
  const answered = dns.enabled ? dnsRecords(config) : [];
  return hosts.flatMap(({ address, names }, index) =>
    names.flatMap((name, place): Diagnostic[] => {
      const own = hosts.slice(0, index).find((one) => contradicts(one, name, address));
      const record = answered.find((one) => contradicts({ address: one.address, names: [one.name] }, name, address));
      const other = own?.address ?? record?.address;
      if (other === undefined) return [];
      const whose = own === undefined ? 'the names of the environment lead' : 'another entry of network.hosts leads';
      return [
        {
          code: 'DNS_AMBIGUOUS',
          at: placeIn(writtenAt, 'network', 'hosts', index, 'names', place),
          message: `${name} is ${address} here, and ${whose} it to ${other}`,
          hint: 'Name it once, with one address of each family.',
        },
      ];
    }),
  );
}
