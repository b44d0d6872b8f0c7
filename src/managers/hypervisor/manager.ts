// The Proxmox host itself: one target for each section, each with its own code.

import { nameOf, type TargetId, targetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { comparedBy, fieldsToLeave, withSeen } from '../comparison.ts';
import type { Kind } from '../kind.ts';
import type { HostReader } from '../manager.ts';
import { dns } from './dns/dns-section.ts';
import { firewall } from './firewall/firewall-section.ts';
import { gpu } from './gpu/gpu-section.ts';
import { hosts } from './hosts/hosts-section.ts';
import { type FoundHost, hypervisorImporter } from './import.ts';
import { network } from './network/network-section.ts';
import { nfs } from './nfs/nfs-section.ts';
import { page } from './page/page-section.ts';
import { hypervisorSources } from './places.ts';
import { declaration } from './read.ts';
import { repositories } from './repositories/repositories-section.ts';
import { samba } from './samba/samba-section.ts';
import type { Section } from './section.ts';
import { snippets } from './snippets/snippets-section.ts';
import { storage } from './storage/storage-section.ts';
import { time } from './time/time-section.ts';
import { trust } from './trust/trust-section.ts';
import { users } from './users/users-section.ts';

/** The sections, in the order of their targets. */
const SECTIONS: readonly Section[] = [
  dns,
  firewall,
  gpu,
  hosts,
  network,
  nfs,
  page,
  repositories,
  samba,
  snippets,
  storage,
  time,
  trust,
  users,
] as readonly unknown[] as readonly Section[];

/** The inventory of each section, by its name. */
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
  ignorable: {
    fields: (target) => [
      ...new Set(
        SECTIONS.filter(({ name }) => target === null || name === nameOf(target)).flatMap(({ compares }) =>
          fieldsToLeave(compares).map(({ name }) => name),
        ),
      ),
    ],
    keys: (target, field) => sectionOf(target).compares.fields.find(({ name }) => name === field)?.of ?? [],
    without: (spec, fields, target, seen) => withSeen(sectionOf(target).compares, { target, spec }, seen, fields),
  },
  comparedFields: (target) => sectionOf(target).compares.fields.map(({ name }) => name),
  differences: (wanted, seen) => comparedBy(sectionOf(wanted.target).compares, wanted, seen),
  isThere: (wanted, seen) => sectionOf(wanted.target).isThere?.(wanted, seen) ?? true,
  health: (wanted) => sectionOf(wanted.target).health(wanted),
  isDueByTime: (target) => sectionOf(target).due !== undefined,
  due: (inventories, wanted) => sectionOf(wanted.target).due?.(inventories.get(nameOf(wanted.target)), wanted) ?? null,
  // Sections save what they replace themselves, where a rollback can help.
  selfRollback: true,
  rollback: (wanted, seen, todo) => sectionOf(wanted.target).rollback?.(wanted, seen, todo) ?? null,
};

/** Throws for an unknown section, which is a bug: targets are only created from sections. */
function sectionOf(target: TargetId): Section {
  const section = SECTIONS.find(({ name }) => name === nameOf(target));
  if (section === undefined) throw new Error(`the host has no section ${nameOf(target)}`);
  return section;
}

/** Reads that several sections share, such as the state of all services, are done once. */
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
