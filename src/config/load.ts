// From the files of a commit to a configuration, or to everything that is wrong with it: read, parse, normalise, validate.

import { nameOf, type TargetId } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import { hidePlainSecrets } from '../model/secret-shapes.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { assemble } from './assemble.ts';
import type { Config } from './config.ts';
import { isErrorFinding } from './findings.ts';
import { Known } from './known.ts';
import { MAX_PROBLEMS } from './limits.ts';
import type { Position } from './read/lines.ts';
import { locate } from './read/locate.ts';
import { findingsBetween } from './rules/between.ts';
import { ADDRESS_RULES, RULES } from './rules/index.ts';
import type { Finding } from './rules/rule.ts';
import { byTarget } from './rules/secret-targets.ts';
import type { Unreadable } from './unreadable.ts';

export interface Loaded {
  /** Null when there is an error. */
  readonly config: Config | null;
  /** The same configuration although rules find errors in it; null when its texts or values cannot be read. */
  readonly draft: Config | null;
  /** Errors and warnings, by file, line and column. */
  readonly problems: readonly Problem[];
}

export interface LoadOptions {
  /** PLAINTEXT_SECRET is an error. */
  readonly strictSecrets: boolean;
  /** What the configuration may refer to with `{"$secret": …}`. */
  readonly secrets: SecretBounds;
  /** What is applied: adds what a commit must not do to it, such as DISK_SHRINK and TOO_MANY_DELETES. */
  readonly before?: Config | null;
  /** Guests that were read before, and those of this configuration after it. */
  readonly known?: Known;
}

/** Pure. All problems at once; never throws, whatever the bytes are. */
export function load(snapshot: Snapshot, options: LoadOptions): Loaded {
  const { config, complete, unreadable, findings, references, texts } = assemble(
    snapshot,
    options.secrets,
    options.known ?? new Known(),
  );
  const { before = null } = options;
  const context = { config, files: snapshot.files, unreadable, secrets: options.secrets };
  const held = references.flatMap((finding) => byTarget(finding, config));
  const addresses = ADDRESS_RULES.flatMap((rule) => {
    const found = rule(context);
    for (const { target } of found) doubt(target, unreadable);
    return found;
  });
  const between = before === null ? [] : findingsBetween(before, config, unreadable);
  const all = [...findings, ...held, ...addresses, ...RULES.flatMap((rule) => rule(context)), ...between];
  const problems = placed(all, texts, options);
  const refused = problems.some(({ severity }) => severity === 'error');
  return { config: refused ? null : config, draft: complete ? config : null, problems };
}

/** One wrong address is one problem: what would follow from it is not said. */
function doubt(target: TargetId | undefined, unreadable: Unreadable): void {
  if (target === undefined) unreadable.addHostPart('network');
  else unreadable.addAddress(Number(nameOf(target)));
}

/** Findings with their lines, in the order of the files; each once, errors kept when there are too many. */
function placed(findings: readonly Finding[], texts: ReadonlyMap<string, string>, options: LoadOptions): Problem[] {
  const isError = (finding: Finding) =>
    isErrorFinding(finding) || (finding.code === 'PLAINTEXT_SECRET' && options.strictSecrets);
  const once = new Map(
    findings.map((finding) => [
      `${finding.code} ${finding.at.file} ${finding.at.path} ${finding.target ?? ''} ${finding.message}`,
      finding,
    ]),
  );
  const shown = [...once.values()].sort((a, b) => Number(isError(b)) - Number(isError(a))).slice(0, MAX_PROBLEMS);
  const positions = positionsOf(shown, texts);
  return shown
    .map((finding): Problem => {
      const position = finding.position ?? positions.get(finding.at.file)?.get(wantedOf(finding));
      return {
        severity: isError(finding) ? 'error' : 'warning',
        code: finding.code,
        file: finding.at.file,
        path: finding.at.path,
        line: position?.line ?? 1,
        column: position?.column ?? 1,
        target: finding.target ?? null,
        message: hidePlainSecrets(finding.message),
        hint: finding.hint === undefined ? null : hidePlainSecrets(finding.hint),
      };
    })
    .sort(byPlace);
}

function positionsOf(findings: readonly Finding[], texts: ReadonlyMap<string, string>) {
  const wanted = new Map<string, Set<string>>();
  for (const finding of findings) {
    if (finding.position !== undefined) continue;
    const ofFile = wanted.get(finding.at.file) ?? new Set();
    ofFile.add(wantedOf(finding));
    wanted.set(finding.at.file, ofFile);
  }
  const positions = new Map<string, ReadonlyMap<string, Position>>();
  for (const [file, pointers] of wanted) {
    const text = texts.get(file);
    if (text !== undefined) positions.set(file, locate(text, pointers));
  }
  return positions;
}

/** `locate` takes a pointer for the place of a value, and with a `#` for that of its key. */
function wantedOf({ at, onKey }: Finding): string {
  return onKey ? `#${at.path}` : at.path;
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1);
}
