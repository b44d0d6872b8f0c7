// The Proxmox host itself: one target per section, each kept by its own code.

import { nameOf, type TargetId, targetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Kind } from '../kind.ts';
import type { HostReader } from '../manager.ts';
import { dns } from './dns/dns-section.ts';
import { firewall } from './firewall/firewall-section.ts';
import { gpu } from './gpu/gpu-section.ts';
import { hosts } from './hosts/hosts-section.ts';
import { type FoundHost, hypervisorImporter } from './import.ts';
import { network } from './network/network-section.ts';
import { nfs } from './nfs/nfs-section.ts';
import { hypervisorSources } from './places.ts';
import { declaration } from './read.ts';
import { samba } from './samba/samba-section.ts';
import type { Section } from './section.ts';
import { storage } from './storage/storage-section.ts';
import { time } from './time/time-section.ts';
import { trust } from './trust/trust-section.ts';
import { users } from './users/users-section.ts';

/** One line for each. */
const SECTIONS: readonly Section[] = [
  dns,
  firewall,
  gpu,
  hosts,
  network,
  nfs,
  samba,
  storage,
  time,
  trust,
  users,
] as readonly Section[];

/** What one look says, by the name of the section. */
type Inventories = ReadonlyMap<string, unknown>;

export const hypervisor: Kind<JsonObject, unknown, Inventories, FoundHost> = {
  kind: 'hypervisor',
  sources: hypervisorSources,
  declares: declaration,
  imports: hypervisorImporter,
  targets: (config) =>
    SECTIONS.flatMap((section) => {
      const declared = section.declared(config);
      return declared === null ? [] : [{ id: targetId('hypervisor', section.name), ...declared, protected: false }];
    }),
  impact: (change) => sectionOf(change.target).impact(change),
  async inventory(host: HostReader) {
    const once = memoizedReader(host);
    const facts = await Promise.all(
      SECTIONS.map(async (section) => [section.name, await section.inventory(once)] as const),
    );
    return new Map(facts);
  },
  quickCheck: (inventories, wanted) =>
    sectionOf(wanted.target).quickCheck(inventories.get(nameOf(wanted.target)), wanted),
  observe: (host, wanted) => sectionOf(wanted.target).observe(host, wanted),
  decide: (wanted, seen) => sectionOf(wanted.target).decide(wanted, seen),
  health: (wanted) => sectionOf(wanted.target).health(wanted),
  // The parts of the host keep what they replace themselves, where going back can help.
  selfRollback: true,
  safeguard: (wanted, seen, todo) => sectionOf(wanted.target).safeguard?.(wanted, seen, todo) ?? null,
};

/** Fails for a section that nobody keeps: targets are only ever made from sections. */
function sectionOf(target: TargetId): Section {
  const section = SECTIONS.find(({ name }) => name === nameOf(target));
  if (section === undefined) throw new Error(`the host has no section ${nameOf(target)}`);
  return section;
}

/** What several sections ask alike, such as the state of all services, is asked once. */
function memoizedReader(host: HostReader): HostReader {
  const answers = new Map<string, ReturnType<HostReader['run']>>();
  return {
    ...host,
    run(command, options) {
      const key = JSON.stringify(command);
      const answer = answers.get(key) ?? host.run(command, options);
      answers.set(key, answer);
      return answer;
    },
  };
}
