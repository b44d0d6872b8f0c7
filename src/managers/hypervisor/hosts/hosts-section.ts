// Local names of the node: Phoenix's block in /etc/hosts, whose other lines stay. A dnsmasq on the node serves this file too, and reads it again only
// when it is told to reload.

import { type Comparison, difference, listField, textDifference } from '../../comparison.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, NOTES, remove, run, textOf, write } from '../act.ts';
import type { HostEntry } from '../declared.ts';
import type { Section } from '../section.ts';
import { type Units, unitsOf } from '../units.ts';
import { clashIn, HOSTS_FILE, presentEntries, withEntries } from './entries.ts';

type HostsSpec = { readonly hosts: readonly HostEntry[] };

interface Seen {
  /** Null: the file does not exist. */
  readonly text: string | null;
  /** Set while a change is in progress that dnsmasq may not have read. */
  readonly unread: string | null;
  readonly units: Units;
}

const UNREAD_FILE = `${NOTES}/hosts/unread`;
const UNREAD = 'dnsmasq\n';
const UNIT = 'dnsmasq.service';

const compares: Comparison<HostsSpec, Seen> = {
  fields: [
    listField('network.hosts', ['hosts'], {
      by: ['address'],
      declared: ({ hosts: declared }) => declared.map(({ address, names }) => ({ address, names })),
      observed: ({ text }, { hosts: declared }) =>
        presentEntries(text ?? '', declared).map(({ address, names }) => ({ address, names })),
      asSeen: ({ hosts: declared }, { text }) => ({ hosts: presentEntries(text ?? '', declared) }),
    }),
  ],
  rest({ spec: { hosts: declared } }, { text, unread }) {
    const stale = unread === null ? [] : [difference([UNIT], `has read ${HOSTS_FILE}`, 'has not')];
    return [...textDifference(HOSTS_FILE, withEntries(text ?? '', declared), text ?? ''), ...stale];
  },
};

export const hosts: Section<HostsSpec, Seen, Seen> = {
  name: 'hosts',
  declared: ({ hypervisor: { hosts } }) => (hosts.length === 0 ? null : { spec: { hosts }, needs: [] }),
  impact: () => 'live',
  inventory: see,
  quickCheck: (seen) => seen,
  observe: see,
  decide: ({ spec }, seen) => decisionFor(spec?.hosts ?? [], seen),
  compares,
  health: () => null,
};

async function see(host: HostReader): Promise<Seen> {
  const [text, unread, units] = await Promise.all([textOf(host, HOSTS_FILE), textOf(host, UNREAD_FILE), unitsOf(host)]);
  return { text, unread, units };
}

/** @param declared empty: Phoenix's block is removed */
function decisionFor(declared: readonly HostEntry[], { text, unread, units }: Seen): Decision {
  const present = text ?? '';
  const clash = clashIn(present, declared);
  if (clash !== null) {
    const { name, other } = clash;
    const reason = `"${other.address} ${other.names.join(' ')}" in ${HOSTS_FILE}, which others wrote, leads ${name} to another address: correct that line on the host, or take the name out of network.hosts`;
    return { kind: 'blocked', reason };
  }
  const wanted = withEntries(present, declared);
  const answers = units[UNIT].active;
  if (wanted === present) return actions(unread === null ? null : tell(answers));
  return actions(
    answers && unread === null
      ? write('record that dnsmasq has to read the hosts file again', UNREAD_FILE, UNREAD, null)
      : null,
    write('write the names of the hosts file', HOSTS_FILE, wanted, text),
    answers || unread !== null ? tell(answers) : null,
  );
}

/** A dnsmasq that is not running reads the file when it starts. */
function tell(answers: boolean) {
  return [
    ...(answers ? [act('have dnsmasq read the hosts file', run('systemctl', ['reload', UNIT]))] : []),
    remove('record that dnsmasq has read the hosts file', UNREAD_FILE),
  ];
}
