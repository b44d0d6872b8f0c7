// `phoenix import`: reads a host and writes a config repo that is valid and has an empty plan against it. Read-only on the host.

import { memoizedReader } from '../../agent/apply/inventories.ts';
import { Known } from '../../config/known.ts';
import { nearest } from '../../config/nearest.ts';
import { locate } from '../../config/read/locate.ts';
import { keysOf } from '../../config/read/place.ts';
import { load } from '../../load/load.ts';
import type { Imported } from '../../managers/importer.ts';
import { allTargets } from '../../managers/index.ts';
import type { HostReader } from '../../managers/manager.ts';
import { HYPERVISOR_FILE } from '../../managers/places.ts';
import { writtenStacks } from '../../managers/stack/import.ts';
import { importText, nextSteps, type ShownSecret } from '../../messages/setup/import.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Host } from '../../ports/host.ts';
import type { ReadAccess } from '../../settings/portainer.ts';
import type { SourceSettings } from '../../settings/source.ts';
import { type Compared, compareTargets } from '../host/compare.ts';
import { IMPORTED_KINDS, type KindObservations, observeKinds, secretsFolder } from '../host/observe-kinds.ts';
import { explainUnreachable, type OpenReadOnly, openReadOnly } from '../host/open.ts';
import { snapshotOf } from '../host/written-snapshot.ts';
import { EXIT, type Io, noteProgress } from '../io.ts';
import { portainerSettings } from '../read-settings.ts';
import { sourceSettings } from '../source.ts';
import { type Judged, leaveFields } from './fields-to-leave.ts';
import { groupLeft } from './group-left.ts';
import { guestEntry, valueIn, withGuest } from './imported-files.ts';
import { reduceUntilValid, withoutTarget } from './reduce-until-valid.ts';
import { repositoryFiles } from './repository-files.ts';
import { stacksOfPortainer } from './stacks.ts';
import { occupied, writeAll } from './write.ts';

export interface ImportArgs {
  /** `local` or `ssh://user@host`; default: PHOENIX_HOST, else this machine. */
  readonly host?: string | undefined;
  /** Destination folder: new or empty. */
  readonly out: string;
  /** Kinds to import; all if empty. */
  readonly only?: readonly string[] | undefined;
  /** Address of a Portainer server whose stacks are imported; default: PHOENIX_PORTAINER_URL, else none. */
  readonly portainer?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Resolves to the exit code: 0, 1 if something could not be imported, 2 for a non-empty folder or unknown kind. */
export async function importHost(args: ImportArgs, io: Io, open: OpenReadOnly = openReadOnly): Promise<number> {
  const refusal = (await occupied(args.out)) ?? unknownKind(args.only ?? []);
  if (refusal !== null) {
    io.stderr(`phoenix import: ${refusal.message}\n${refusal.hint}\n`);
    return EXIT.usage;
  }
  const portainer = isAskedFor(STACK, args.only ?? []) ? portainerSettings(args.portainer, io.env) : NO_PORTAINER;
  const isMissing = args.only?.includes(STACK) === true && portainer.access === null;
  if (portainer.problems.length > 0 || isMissing) {
    const problems = portainer.problems.length > 0 ? portainer.problems : [NO_SERVER];
    io.stderr(`phoenix import: ${problems.join('\n')}\n`);
    return EXIT.usage;
  }
  const given = args.host ?? (io.env['PHOENIX_HOST'] || 'local');
  const { host, commands } = await open(given, io, () =>
    Promise.reject(new Error('nothing is read from a repository')),
  );
  noteProgress(io, AT_WORK.looksAt(given));
  try {
    const settings = sourceSettings(io);
    const stacks = portainer.access === null ? [] : await stacksOfPortainer(host, portainer.access);
    const more = writtenStacks(stacks, secretsFolder(settings));
    const { imported, targets } = await readHost(host, args.only ?? [], settings, more);
    const texts = textsOf(imported, { host: given, node: host.node });
    await writeAll(args.out, texts);
    const files = Object.keys(texts).sort();
    const ok = imported.left.length === 0;
    const left = groupLeft(imported.left);
    const secrets = secretsIn(imported, texts);
    const answer = { ok, files, targets, secrets, left, commands: commands() };
    // The README lists all of them.
    const told = { ...answer, left: left.map(({ all: _, ...group }) => group) };
    if (args.json) io.verbatim(`${JSON.stringify(told, null, 2)}\n`);
    else io.stdout(importText({ ...answer, out: args.out }));
    return ok ? EXIT.done : EXIT.no;
  } catch (error) {
    throw explainUnreachable(error, given);
  } finally {
    await host.close();
  }
}

/** Generates files that are valid and match the host. */
export async function readHost(
  host: Host,
  only: readonly string[],
  settings: SourceSettings,
  more: Imported = { files: {}, texts: {}, secrets: [], left: [] },
): Promise<{ readonly imported: Imported; readonly targets: number }> {
  const reader = memoizedReader(host);
  const around = await observeKinds(reader, only);
  const found = joinedWith(around.written('different', secretsFolder(settings)), more);
  const hypervisor: JsonObject = { domain_name: NO_DOMAIN, ...found.files[HYPERVISOR_FILE] };
  const files = { [HYPERVISOR_FILE]: hypervisor, ...without(found.files, HYPERVISOR_FILE) };
  const { placeOf } = around;
  let { imported, config } = reduceUntilValid({ ...found, files }, settings, placeOf);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const targets = allTargets(config);
    const compared = await compareTargets(host, reader, targets);
    const others = compared.filter(({ kind }) => kind !== 'same');
    if (others.length === 0) return { imported, targets: targets.size };
    for (const one of others) {
      if (one.kind === 'same') continue;
      const why = one.reason ?? ('actions' in one ? `it would not stay as it is: ${one.actions.join('; ')}` : '');
      const reduced = await withoutFields(imported, one, why, { host, reader, settings, placeOf });
      imported = reduced ?? withoutTarget(imported, one.target, why, placeOf);
    }
    ({ imported, config } = reduceUntilValid(imported, settings, placeOf));
  }
  throw new Error('what was found on the host cannot be written down so that nothing of it would change');
}

interface Comparing {
  readonly host: Host;
  readonly reader: HostReader;
  readonly settings: SourceSettings;
  readonly placeOf: KindObservations['placeOf'];
}

/** Leaves of a guest only the fields that would change it. Null for other kinds, and where the guest would change without any of them. */
async function withoutFields(
  imported: Imported,
  found: Compared,
  why: string,
  { host, reader, settings, placeOf }: Comparing,
): Promise<Imported | null> {
  const { target } = found;
  const entry = guestEntry(imported.files, target);
  if (entry === null) return null;
  const known = new Known();
  const reduced = await leaveFields(entry, judgedAs(found), async (one) => {
    const { config } = load(snapshotOf(withGuest(imported.files, target, one), imported.texts), { ...settings, known });
    const declared = config === null ? undefined : allTargets(config).get(target);
    if (declared === undefined) return null;
    const [compared] = await compareTargets(host, reader, new Map([[target, declared]]));
    return compared === undefined ? null : judgedAs(compared);
  });
  if (reduced === null) return null;
  const left = reduced.left.map((way) => {
    const place = placeOf(target, entry, way);
    return { what: `${target} ${way.join('.')}${place === null ? '' : ` (${place})`}`, why };
  });
  const files = withGuest(imported.files, target, reduced.entry);
  return { ...imported, files, left: [...imported.left, ...left] };
}

/** One that cannot be looked at is no nearer to its declaration, whatever is left out. */
function judgedAs(compared: Compared): Judged | null {
  if (compared.kind === 'unknown') return null;
  if (compared.kind === 'same') return { same: true, fields: [], reason: null };
  return { same: false, fields: compared.fields, reason: compared.reason };
}

/** @param more additional files that no kind generates */
function joinedWith(one: Imported, more: Imported): Imported {
  return {
    files: { ...one.files, ...more.files },
    texts: { ...one.texts, ...more.texts },
    secrets: [...one.secrets, ...more.secrets],
    left: [...one.left, ...more.left],
    places: { ...one.places, ...more.places },
  };
}

function without(files: Imported['files'], path: string): Imported['files'] {
  return Object.fromEntries(Object.entries(files).filter(([each]) => each !== path));
}

/** Maximum rounds of removal, since others may depend on removed objects. */
const MAX_ROUNDS = 4;
/** Default domain for home networks (RFC 8375), if the host has none. */
const NO_DOMAIN = 'home.arpa';

/** All files of the repository by path. */
function textsOf(imported: Imported, from: { readonly host: string; readonly node: string }): Record<string, string> {
  const { files, texts, secrets, left } = imported;
  const written = { ...repositoryFiles(files), ...texts };
  return {
    ...written,
    'README.md': nextSteps({
      ...from,
      secrets: secretsIn({ secrets }, written),
      left: groupLeft(left),
      stacks: stacksIn(texts),
    }),
  };
}

function stacksIn(texts: Imported['texts']): string[] {
  return Object.keys(texts).flatMap((path) => /^stacks\/([^/]+)\/docker-compose\.yml$/.exec(path)?.[1] ?? []);
}

/** Required secrets with their lines, except those of dropped objects. */
function secretsIn({ secrets }: Pick<Imported, 'secrets'>, texts: Readonly<Record<string, string>>): ShownSecret[] {
  return secrets.flatMap((secret) => {
    const text = texts[secret.file] ?? '{}';
    const isNamed = keysOf(secret.path).reduce<unknown>(valueIn, JSON.parse(text)) !== undefined;
    const at = locate(text, [secret.path]).get(secret.path);
    return isNamed && at !== undefined ? [{ ...secret, line: at.line }] : [];
  });
}

/** The kind of stacks, which are read from Portainer and not from the host. */
const STACK = 'stack';
const NO_SERVER = 'stacks are asked of Portainer, and none is named; give its address with --portainer';
const NO_PORTAINER: ReadAccess = { access: null, authorities: [], problems: [] };
const KNOWN_KINDS = [...IMPORTED_KINDS, STACK];

function isAskedFor(kind: string, only: readonly string[]): boolean {
  return only.length === 0 || only.includes(kind);
}

function unknownKind(only: readonly string[]): { message: string; hint: string } | null {
  const unknown = only.find((kind) => !KNOWN_KINDS.includes(kind));
  if (unknown === undefined) return null;
  const meant = nearest(unknown, KNOWN_KINDS);
  const known = `Known: ${KNOWN_KINDS.join(', ')}.`;
  return {
    message: `there is no kind ${JSON.stringify(unknown)} to bring in`,
    hint: meant === null ? known : `Did you mean "${meant}"? ${known}`,
  };
}
