// DNS for the guests, by dnsmasq on the host. A new static configuration is tested before it replaces the old one, and needs a restart; changed
// records do not. Files that people wrote stay.

import {
  type ComparedField,
  type Comparison,
  difference,
  differenceAt,
  type FoundDifference,
  textDifference,
  valueField,
} from '../../comparison.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, digest, MARK, NOTES, remove, run, textOf, write } from '../act.ts';
import { fileRollback, type PreviousFiles, previousFiles, rollbackOf } from '../file-rollback.ts';
import type { Section } from '../section.ts';
import { enableUnit, installUnit, restartUnit, type Units, unitDifference, unitsOf } from '../units.ts';
import { dnsRecords } from './names.ts';
import {
  type DnsSpec,
  RECORDS_FILE,
  readRecords,
  readStatic,
  recordsText,
  STATIC_FILE,
  staticText,
} from './records.ts';

interface Seen {
  readonly conf: string | null;
  readonly records: string | null;
  /** Digest of the static configuration that the running dnsmasq has read. */
  readonly started: string | null;
  /** The static configuration that is staged for a test. */
  readonly staged: string | null;
  /** The static configuration before a change that is not confirmed yet. */
  readonly unproved: PreviousFiles | null;
  readonly units: Units;
}

const STAGED_FILE = `${NOTES}/dns/00-phoenix.conf`;
const STARTED_FILE = `${NOTES}/dns/started`;
const UNIT = 'dnsmasq.service';

/** A setting of the static configuration; not observed where there is no such file. */
function setting(
  name: string,
  key: 'domain' | 'upstreams' | 'address',
  more: Pick<ComparedField<DnsSpec, Seen>, 'derived'> = {},
): ComparedField<DnsSpec, Seen> {
  return valueField(name, [key], {
    declared: (spec) => spec[key],
    observed: ({ conf }) => (conf === null ? undefined : readStatic(conf)[key]),
    asSeen: (spec, { conf }) => (conf === null ? spec : { ...spec, [key]: readStatic(conf)[key] }),
    ...more,
  });
}

/** The addresses of each name. They follow from guests, services and certificates. */
const names: ComparedField<DnsSpec, Seen> = {
  name: 'names',
  of: ['records'],
  derived: true,
  differences({ spec }, { records }) {
    if (records === null) return [];
    const [declared, observed] = [spec.records, readRecords(records)].map((list) =>
      Map.groupBy(list, ({ name }) => name),
    );
    const listed = [...new Set([...(declared?.keys() ?? []), ...(observed?.keys() ?? [])])];
    const addresses = (found: typeof declared, name: string) =>
      found
        ?.get(name)
        ?.map(({ address }) => address)
        .sort()
        .join(', ') ?? null;
    return listed.flatMap((name) =>
      differenceAt(['names', name], addresses(declared, name), addresses(observed, name)),
    );
  },
  asSeen: (spec, { records }) => (records === null ? spec : { ...spec, records: readRecords(records) }),
};

const compares: Comparison<DnsSpec, Seen> = {
  fields: [
    setting('domain_name', 'domain', { derived: true }),
    setting('dns_server.upstream_servers', 'upstreams'),
    setting('network.interfaces.address', 'address', { derived: true }),
    names,
  ],
  rest: ({ spec }, seen) => [
    ...textDifference(STATIC_FILE, staticText(spec), seen.conf),
    ...textDifference(RECORDS_FILE, recordsText(spec.records), seen.records),
    ...serviceDifference(seen),
  ],
};

function serviceDifference({ conf, started, units }: Seen): FoundDifference[] {
  const stopped = unitDifference(UNIT, units);
  if (stopped.length > 0 || conf === null || started === digest(conf)) return stopped;
  return [difference([UNIT], 'started with these settings', 'started with others')];
}

export const dns: Section<DnsSpec, Seen, Seen> = {
  name: 'dns',
  declared(config) {
    const { dns: server, domain, network } = config.hypervisor;
    if (!server.enabled) return null;
    const spec: DnsSpec = {
      domain,
      upstreams: server.upstreamServers,
      address: network.address?.split('/')[0] ?? null,
      records: dnsRecords(config),
    };
    return { spec, needs: [] };
  },
  impact: () => 'live',
  inventory: see,
  quickCheck: (seen) => (seen.unproved === null ? seen : null),
  observe: see,
  decide: ({ spec, adopt }, seen) => (spec === undefined ? removal(seen) : decisionFor(spec, seen, adopt === true)),
  compares,
  isThere: (_wanted, { conf, records }) => conf !== null || records !== null,
  health: () => null,
  rollback({ spec }, seen, todo) {
    if (seen.unproved !== null) return rollbackOf('dns', seen.unproved, [restartUnit(UNIT)]);
    const isSwapped = todo.some(({ do: what }) => what.kind === 'file' && what.path === STATIC_FILE);
    if (spec === undefined || !isSwapped) return null;
    const after = staticText(spec);
    return fileRollback('dns', [{ path: STATIC_FILE, before: seen.conf, after }], [restartUnit(UNIT)]);
  },
};

async function see(host: HostReader): Promise<Seen> {
  const [conf, records, started, staged, unproved, units] = await Promise.all([
    textOf(host, STATIC_FILE),
    textOf(host, RECORDS_FILE),
    textOf(host, STARTED_FILE),
    textOf(host, STAGED_FILE),
    previousFiles(host, 'dns'),
    unitsOf(host),
  ]);
  return { conf, records, started: started?.trim() ?? null, staged, unproved, units };
}

function decisionFor(spec: DnsSpec, seen: Seen, adopted: boolean): Decision {
  const [conf, records] = [staticText(spec), recordsText(spec.records)];
  const foreign = [
    { path: STATIC_FILE, text: seen.conf, wanted: conf },
    { path: RECORDS_FILE, text: seen.records, wanted: records },
  ].find(({ text, wanted }) => text !== null && text !== wanted && !text.startsWith(MARK));
  if (foreign !== undefined && !adopted) {
    const reason = `${foreign.path} is not ours: move it away, or take it over with phoenix adopt hypervisor/dns`;
    return { kind: 'blocked', reason };
  }
  const missing = installUnit(UNIT, seen.units);
  const named =
    seen.records === records ? null : write('write the names of the guests', RECORDS_FILE, records, seen.records);
  const test = act('test the settings of dnsmasq', run('dnsmasq', ['--test', `--conf-file=${STAGED_FILE}`]));
  if (seen.conf !== conf && seen.staged !== conf) {
    return actions(missing, named, write('stage the settings of dnsmasq', STAGED_FILE, conf, seen.staged), test);
  }
  // Tested again, since the run that staged the file may have been interrupted before the test.
  const told = seen.conf === conf ? [] : [test, write('replace the settings of dnsmasq', STATIC_FILE, conf, seen.conf)];
  const isStarted = seen.started === digest(conf) && seen.conf === conf && seen.units[UNIT].active;
  const restarted = isStarted
    ? []
    : [
        restartUnit(UNIT),
        write('record what dnsmasq was started with', STARTED_FILE, `${digest(conf)}\n`, noted(seen)),
      ];
  return actions(missing, named, told, restarted, missing === null ? enableUnit(UNIT, seen.units) : null);
}

function noted({ started }: Seen): string | null {
  return started === null ? null : `${started}\n`;
}

/** Removes the records and Phoenix's settings, and restarts dnsmasq; the package and people's settings stay. */
function removal({ conf, records, units }: Seen): Decision {
  const isOurs = conf?.startsWith(MARK) ?? false;
  return actions(
    records?.startsWith(MARK) ? remove('remove the names of the guests', RECORDS_FILE) : null,
    isOurs
      ? [
          remove('remove the settings of dnsmasq', STATIC_FILE),
          remove('remove the record of the settings of dnsmasq', STARTED_FILE),
        ]
      : null,
    isOurs && units[UNIT].active ? restartUnit(UNIT) : null,
  );
}
