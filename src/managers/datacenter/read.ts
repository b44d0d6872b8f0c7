// Reads the datacenter's file into its part of the configuration, and lists the rules that check it.

import type { z } from 'zod';
import type { Diagnostic } from '../../config/diagnostic.ts';
import { parseParts } from '../../config/read/parse-parts.ts';
import { type Place, placeIn } from '../../config/read/place.ts';
import { markingOf } from '../../config/written-marks.ts';
import { targetId } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Declaration, Reading } from '../declaration.ts';
import type { FirewallRule } from '../guest/declared.ts';
import { normaliseRules } from '../guest/normalise.ts';
import { DATACENTER_FILE } from '../places.ts';
import type { RuleContext } from '../rule.ts';
import type { Datacenter, DeclaredObject } from './declared.ts';
import { volumeOf } from './downloads/download-calls.ts';
import { entriesNameKnownAliases, namesAreDeclaredOnce } from './firewall/name-rules.ts';
import { type datacenterRules, securityGroupsOf, vnetRulesOf } from './firewall/rule-lists.ts';
import { optionsOf } from './options/row-options.ts';
import { normalised, wordsOf } from './options/values.ts';
import type { ObjectRow } from './row.ts';
import { ROWS } from './rows.ts';
import {
  haKeepsTheStateOfGuests,
  haNamesGuestsByTheirKind,
  haRulesAgree,
  haRulesLeaveNodes,
} from './rules/ha-rules.ts';
import { notificationsHaveNamesOfTheirOwn } from './rules/notification-rules.ts';
import { syncedRealmsAreDirectories } from './rules/realm-rules.ts';
import { referencesAreKnown } from './rules/references.ts';
import { replicatedDisksAreOnZfs, replicationIsToOneNodeOnce } from './rules/replication-rules.ts';
import { hoursAreHours } from './rules/schedule-rules.ts';
import { basesAreOfIscsi, disabledStoragesAreNotUsed, storagesAreKnown } from './rules/storage-rules.ts';
import { optionsHaveAnEffect } from './rules/without-effect.ts';
import { datacenterFile, RULES_FIELD } from './schema.ts';
import { fabricsAreApart, nodesFitTheirFabrics } from './sdn/fabric-rules.ts';
import {
  bridgesOfZonesAreSpeltRight,
  controllersFitTheirZones,
  nodesHaveFewControllers,
  subnetsFitTheirVnets,
  tagsFitTheirZones,
  vnetsAreNoInterfaces,
} from './sdn/rules.ts';
import { storagesAreDeclaredOnce, withStorages } from './storages.ts';

let made: ReturnType<typeof markingOf> | undefined;

function marks(): ReturnType<typeof markingOf> {
  made ??= markingOf(datacenterFile());
  return made;
}

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_datacenter_config',
      shortName: 'datacenter',
      path: DATACENTER_FILE,
      get schema() {
        return datacenterFile();
      },
      ifEmpty: 'Write {} for none, or remove the file.',
    },
  ],
  read: (reading, { hypervisor }) => {
    const { objects: datacenter, rules } = readFile(reading);
    return {
      datacenter,
      securityGroups: securityGroupsOf(datacenter),
      vnetRules: vnetRulesOf(datacenter),
      datacenterRules: rules,
      ...(hypervisor === undefined ? {} : { hypervisor: withStorages(hypervisor, datacenter) }),
    };
  },
  rules: [
    storagesAreKnown,
    poolsMayHaveTheirGuests,
    filesAreDownloadedOnce,
    referencesAreKnown,
    storagesAreDeclaredOnce,
    disabledStoragesAreNotUsed,
    basesAreOfIscsi,
    entriesNameKnownAliases,
    namesAreDeclaredOnce,
    tagsFitTheirZones,
    subnetsFitTheirVnets,
    controllersFitTheirZones,
    nodesHaveFewControllers,
    vnetsAreNoInterfaces,
    bridgesOfZonesAreSpeltRight,
    fabricsAreApart,
    nodesFitTheirFabrics,
    haNamesGuestsByTheirKind,
    haKeepsTheStateOfGuests,
    haRulesAgree,
    haRulesLeaveNodes,
    syncedRealmsAreDirectories,
    replicationIsToOneNodeOnce,
    replicatedDisksAreOnZfs,
    notificationsHaveNamesOfTheirOwn,
    hoursAreHours,
    optionsHaveAnEffect,
  ],
};

interface ReadFile {
  readonly objects: Datacenter;
  /** Those of the datacenter's own firewall; null where none are declared. */
  readonly rules: readonly FirewallRule[] | null;
}

function readFile(reading: Reading): ReadFile {
  const at: Place = { file: DATACENTER_FILE, path: '' };
  const raw = reading.json(DATACENTER_FILE, 'optional');
  if (raw === undefined) return { objects: new Map(), rules: null };
  reading.inspect(marks(), raw, at);
  // An object that cannot be read does not affect the others. A rule that cannot be read does, since the others may count on it.
  const file = parseParts(datacenterFile(), raw, at, (path) => path.slice(0, path[0] === RULES_FIELD ? 1 : 2));
  reading.diagnostics.add(file.diagnostics);
  if (file.value === undefined || file.left.length > 0) reading.unreadable.addFile(DATACENTER_FILE);
  const fields = (file.value ?? {}) as Readonly<Record<string, Readonly<Record<string, JsonObject>> | undefined>>;
  const rules = (fields[RULES_FIELD] ?? null) as z.output<typeof datacenterRules> | null;
  const objects = new Map(
    ROWS.map((row) => {
      const field = fields[row.field];
      const { single } = row;
      const entries: readonly (readonly [string, JsonObject])[] =
        field === undefined ? [] : single === undefined ? Object.entries(field) : [[single, field as JsonObject]];
      const declared = entries.map(
        ([name, options]): DeclaredObject => ({
          name,
          writtenAt: single === undefined ? placeIn(at, row.field, name) : placeIn(at, row.field),
          options: normalisedOptions(row, options),
          written: options,
        }),
      );
      return [row.kind, declared];
    }),
  );
  return { objects, rules: rules === null ? null : normaliseRules(rules, placeIn(at, RULES_FIELD)) };
}

function normalisedOptions(row: ObjectRow, options: JsonObject): JsonObject {
  const values = [...optionsOf(row)].flatMap(([option, schema]): [string, Json][] => {
    const value = options[option];
    return value === undefined ? [] : [[option, normalised(schema, value)]];
  });
  const secrets = Object.keys(row.secrets ?? {}).flatMap((option): [string, Json][] => {
    const value = options[option];
    return value === undefined ? [] : [[option, value]];
  });
  const list = row.part === undefined ? undefined : options[row.part.field];
  const part: [string, Json][] =
    row.part === undefined || list === undefined ? [] : [[row.part.field, row.part.normalised(list)]];
  return Object.fromEntries([...values, ...part, ...secrets]);
}

/** DUPLICATE_ID: two entries download the same file. */
function filesAreDownloadedOnce({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const names = new Map<string, string>();
  return (datacenter?.get('download') ?? []).flatMap(({ name, writtenAt, options }): Diagnostic[] => {
    const volume = volumeOf(options);
    const other = names.get(volume);
    names.set(volume, other ?? name);
    if (other === undefined) return [];
    const message = `${volume} is downloaded by "${other}" already`;
    return [{ code: 'DUPLICATE_ID', at: placeIn(writtenAt, 'filename'), message, target: targetId('download', name) }];
  });
}

/** DUPLICATE_ID: a guest can be in one pool only. */
function poolsMayHaveTheirGuests({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const owners = new Map<string, string>();
  return (datacenter?.get('pool') ?? []).flatMap(({ name, writtenAt, options }) =>
    wordsOf(options['vms']).flatMap((id): Diagnostic[] => {
      const owner = owners.get(id);
      owners.set(id, owner ?? name);
      if (owner === undefined) return [];
      const message = `guest ${id} is in pool "${owner}" already, and Proxmox has a guest in one pool at most`;
      return [{ code: 'DUPLICATE_ID', at: placeIn(writtenAt, 'vms'), message, target: targetId('pool', name) }];
    }),
  );
}
