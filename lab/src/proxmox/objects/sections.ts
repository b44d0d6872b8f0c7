// Objects in section config files, backup jobs and realm syncs: a row describes a kind, and common code handles its API calls.

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  type Options,
  parseSections,
  printSections,
  type Section,
} from '../../../../src/proxmox/files/section-config.ts';
import { notesTemplate } from '../../../../src/proxmox/parameters/code-checks.ts';
import { booleanOf, splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { methodSchemas, propertiesOf } from '../../../../src/proxmox/parameters/table.ts';
import { checkPool } from '../access/user-config.ts';
import type { Call } from '../call.ts';
import { replaceFile, withLock } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseLineFeeds, refuseParameters } from '../refusal.ts';
import { propertyObject } from './option-reads.ts';
import { rowAt } from './row-at.ts';

interface SectionRow {
  readonly path: string;
  readonly file: string;
  readonly type: string;
  /** The path parameter with the id. */
  readonly id: string;
  /** Required options, which are written first. */
  readonly required: readonly string[];
  /** Defaults that are written to the file. */
  readonly written: Readonly<Record<string, string>>;
  readonly refusals: { readonly exists: string; readonly unset: string };
  /** What becomes of the options of a job that is written, and refuses what they are together. */
  readonly settle?: (options: Options, parameters: Parameters, isNew: boolean) => Options;
  /** Refuses invalid combinations. */
  readonly check: (node: LabNode, parameters: Parameters, isNew: boolean) => void;
}

const backup: SectionRow = {
  path: '/cluster/backup',
  file: 'etc/pve/jobs.cfg',
  type: 'vzdump',
  id: 'id',
  required: ['schedule'],
  written: { enabled: '1' },
  refusals: { exists: "Job '%s' already exists", unset: 'no such vzdump job' },
  check: checkBackup,
  settle: settleBackup,
};

const realmSync: SectionRow = {
  path: '/cluster/jobs/realm-sync',
  file: 'etc/pve/jobs.cfg',
  type: 'realm-sync',
  id: 'id',
  required: ['realm', 'schedule', 'scope'],
  written: {},
  refusals: { exists: "Job '%s' already exists", unset: 'no such realm-sync job' },
  check: checkRealmSync,
};

const ROWS: readonly SectionRow[] = [backup, realmSync];

/** Handles an API call on such an object; undefined for other paths. */
export function sectionCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const row = rowAt(ROWS, template);
  if (row === undefined) return undefined;
  if (method === 'GET') return { data: shown(row, node, parameters, template !== row.path) };
  const id = String(parameters[row.id] ?? randomUUID());
  changeFile(row, node, (sections) => {
    if (method !== 'DELETE') setSection(row, node, sections, { id, isNew: method === 'POST' }, parameters);
    else if (!sections.delete(id)) refuseParameters({ id: `No such job '${id}'` });
  });
  return { data: null };
}

function setSection(
  row: SectionRow,
  node: LabNode,
  sections: Map<string, Section>,
  { id, isNew }: { readonly id: string; readonly isNew: boolean },
  parameters: Parameters,
): void {
  const { [row.id]: _, delete: unset, ...given } = parameters;
  if (isNew && sections.has(id)) refuse(row.refusals.exists.replace('%s', id));
  if (isNew) row.check(node, parameters, true);
  refuseLineFeeds(given);
  const before = isNew ? {} : (sections.get(id)?.options ?? refuse(row.refusals.unset));
  const cleared = splitList(String(unset ?? ''));
  checkCleared(row, cleared);
  if (!isNew) row.check(node, parameters, false);
  const kept = Object.entries(before).filter(([option]) => !cleared.includes(option));
  const defaults = isNew ? Object.entries(row.written).map(([option, value]) => [option, [value]]) : [];
  const set = Object.entries(scheduled(given)).map(([option, value]) => [option, writtenAs(row, option, value)]);
  const options = Object.fromEntries([...kept, ...defaults, ...set]);
  sections.set(id, { type: row.type, options: row.settle?.(options, parameters, isNew) ?? options });
}

/** Refuses to delete options that are required or not there. */
function checkCleared(row: SectionRow, cleared: readonly string[]): void {
  const known = methodSchemas(`PUT ${row.path}/{${row.id}}`, [row.id, 'delete']);
  const wrong = cleared.find((option) => known?.has(option) !== true || row.required.includes(option));
  if (wrong !== undefined) refuseParameters({ delete: `unknown option '${wrong}'` });
}

/** Removes a purged guest from all backup jobs, and deletes jobs for it alone (pve-guest-common, PVE/VZDump/Plugin.pm). */
export function removeFromJobs(node: LabNode, id: number): void {
  if (!existsSync(pathOf(node, backup.file))) return;
  changeFile(backup, node, (sections) => {
    for (const [name, { type, options }] of sections) {
      const left = Object.entries(options).flatMap(([option, values]): [string, readonly string[]][] => {
        if (option !== 'vmid' && option !== 'exclude') return [[option, values]];
        const others = splitList(values[0] ?? '').filter((each) => each !== String(id));
        return others.length === 0 ? [] : [[option, [others.join(',')]]];
      });
      const isForNobody = options['vmid'] !== undefined && !left.some(([option]) => option === 'vmid');
      if (isForNobody) sections.delete(name);
      else sections.set(name, { type, options: Object.fromEntries(left) });
    }
  });
}

/** Converts start time and days of the week to a schedule. */
function scheduled({ starttime, dow, ...given }: Parameters): Parameters {
  if (typeof starttime !== 'string') return given;
  return { ...given, schedule: typeof dow === 'string' ? `${dow} ${starttime}` : starttime };
}

function writtenAs(row: SectionRow, option: string, value: Parameters[string]): readonly string[] {
  const schema = methodSchemas(`PUT ${row.path}/{${row.id}}`)?.get(option);
  if (typeof value !== 'string') return value ?? [];
  if (schema?.format !== undefined && propertiesOf(schema.format) !== undefined) {
    const parsed = parsePropertyString(schema.format, value);
    if (parsed.ok) return [printPropertyString(schema.format, parsed.properties)];
  }
  return [schema?.type === 'boolean' ? (booleanOf(value) ?? value) : value];
}

function sectionsOf(row: SectionRow, node: LabNode): Map<string, Section> {
  const file = pathOf(node, row.file);
  return existsSync(file) ? parseSections(readFileSync(file, 'utf8')) : new Map();
}

function changeFile(row: SectionRow, node: LabNode, change: (sections: Map<string, Section>) => void): void {
  const locked = withLock(pathOf(node, `run/lock/${row.file.replaceAll('/', '-')}.lck`), 10_000, () => {
    const sections = sectionsOf(row, node);
    change(sections);
    // Only jobs of one type contain `enabled` when they are enabled.
    for (const [id, { type, options }] of sections) {
      const { enabled, ...others } = options;
      if (type === realmSync.type && enabled?.[0] === '1') sections.set(id, { type, options: others });
    }
    replaceFile(
      pathOf(node, row.file),
      printSections(sections, [...new Set(ROWS.flatMap((one) => one.required))].sort()),
    );
  });
  if (locked === undefined) refuse(`cfs-lock '${row.file}' error: got lock request timeout`);
}

function shown(row: SectionRow, node: LabNode, parameters: Parameters, isOne: boolean): unknown {
  const sections = [...sectionsOf(row, node)].filter(([, { type }]) => type === row.type);
  const all = sections.map(([id, { type, options }]) => ({
    id,
    type,
    ...Object.fromEntries(Object.entries(options).map(([option, values]) => [option, shownValue(row, option, values)])),
    ...(row.type === realmSync.type ? { enabled: options['enabled']?.[0] === '0' ? 0 : 1, 'last-run': null } : {}),
  }));
  if (!isOne) return all;
  const id = String(parameters[row.id]);
  return all.find((one) => one.id === id) ?? refuseParameters({ id: `No such job '${id}'` });
}

/** Numbers and switches are numbers, lists are lists, and property strings objects. */
function shownValue(row: SectionRow, option: string, values: readonly string[]): unknown {
  const schema = methodSchemas(`POST ${row.path}`)?.get(option);
  const [value = ''] = values;
  if (schema?.type === 'array') return values;
  if (schema?.type === 'boolean' || schema?.type === 'integer' || schema?.type === 'number') return Number(value);
  const object = ['prune-backups', 'fleecing', 'performance'].includes(option)
    ? propertyObject(schema?.format ?? '', value)
    : undefined;
  return object ?? value;
}

/** pve-access-control, PVE/API2/Jobs/RealmSync.pm. */
function checkRealmSync(node: LabNode, { realm, scope }: Parameters, isNew: boolean): void {
  if (!isNew) return;
  if (scope === undefined) refuse("missing value for required option 'scope'");
  const file = pathOf(node, 'etc/pve/domains.cfg');
  const found = parseSections(existsSync(file) ? readFileSync(file, 'utf8') : '').get(String(realm));
  if (found === undefined) refuseParameters({ realm: `No such realm '${realm}'` });
  if (found?.type !== 'ldap' && found?.type !== 'ad') refuseParameters({ realm: 'Only LDAP/AD realms can be synced.' });
}

/** pve-manager, PVE/API2/Backup.pm and PVE/VZDump.pm, verify_vzdump_parameters. */
function checkBackup(node: LabNode, given: Parameters, isNew: boolean): void {
  const { all, vmid, pool, exclude, schedule, starttime } = given;
  if (isNew && schedule === undefined && starttime === undefined)
    refuseParameters({ schedule: "neither 'starttime' nor 'schedule' were set" });
  if (schedule !== undefined && starttime !== undefined)
    refuseParameters({ starttime: "'starttime' and 'schedule' cannot both be set" });
  checkPool(node, typeof pool === 'string' ? pool : undefined);
  for (const [option, value] of Object.entries({ all: all === '1' ? all : undefined, exclude, pool })) {
    if (value !== undefined && vmid !== undefined)
      refuseParameters({ [option]: `option conflicts with option 'vmid'` });
  }
  const template = given['notes-template'];
  const problem = typeof template === 'string' ? notesTemplate(template) : undefined;
  if (problem !== undefined) refuseParameters({ 'notes-template': `${problem}\n` });
  if (isNew && all !== '1' && vmid === undefined && pool === undefined && exclude === undefined)
    refuseParameters({ vmid: 'property is missing' });
}

/** Which guests a job is for: each way to say it takes the others away when a job is changed (PVE/API2/Backup.pm, update_job). */
function settleBackup(written: Options, { vmid, all }: Parameters, isNew: boolean): Options {
  const excludes = written['exclude'] !== undefined && written['pool'] === undefined;
  const options = excludes ? { ...written, all: ['1'] } : written;
  if (isNew) return options;
  const gone =
    vmid !== undefined
      ? ['all', 'exclude', 'pool']
      : all === '1'
        ? ['vmid', 'pool']
        : options['pool'] !== undefined
          ? ['vmid', 'all', 'exclude']
          : [];
  const left = Object.fromEntries(Object.entries(options).filter(([option]) => !gone.includes(option)));
  if (left['all']?.[0] !== '1' && left['pool'] === undefined && left['vmid'] === undefined)
    refuseParameters({ vmid: 'property is missing' });
  return left;
}
