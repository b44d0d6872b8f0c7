// Gathers the data of the target pages: list, single target, map and search.

import { HOST_WITHIN_MS, inTime, orNull } from '../agent/http/outside.ts';
import { targetsJson } from '../agent/http/run-json.ts';
import { allTargets } from '../agent/http/targets.ts';
import { kindOf, type RunId, type TargetId } from '../model/ids.ts';
import type { MapView } from './html/map.ts';
import type { SearchView } from './html/search.ts';
import type { TargetView } from './html/target.ts';
import type { TargetsView } from './html/targets.ts';
import { commitsOf, namesOf, type PageSources, RUNS_LOOKED_AT } from './sources.ts';

export async function gatherTargets(sources: PageSources): Promise<TargetsView> {
  let looked = true;
  const known = () =>
    inTime(sources.agent.known()).catch((error: unknown) => {
      looked = false;
      throw error;
    });
  const [targets, orphans, names] = await Promise.all([
    allTargets({ ledger: sources.ledger, agent: { known } }),
    inTime(sources.agent.orphans()).catch(() => []),
    namesOf(sources.agent),
  ]);
  return { targets, looked, orphans, names };
}

/** Null for an unknown target. */
export async function gatherTarget(
  sources: PageSources,
  id: TargetId,
  before: RunId | null,
): Promise<TargetView | null> {
  const { ledger, agent, clock } = sources;
  const [records, runs, older, known, environment, declaration, certificates] = await Promise.all([
    ledger.targets(),
    ledger.runs(RUNS_LOOKED_AT),
    before === null ? null : ledger.runs(RUNS_LOOKED_AT, before),
    orNull(agent.known(HOST_WITHIN_MS)),
    orNull(agent.environment()),
    orNull(agent.declaration(id)),
    kindOf(id) === 'certificate' ? orNull(agent.certificates()) : null,
  ]);
  const target = targetsJson(records, runs, known).find((each) => each.target === id) ?? null;
  const searched = older ?? runs;
  const history = searched.flatMap((run) =>
    run.steps.filter((step) => step.target === id).map((step) => ({ run, step })),
  );
  if (target === null && history.length === 0 && before === null) return null;
  const own = known?.find((each) => each.target === id);
  return {
    id,
    target,
    declaration,
    history,
    now: clock.now(),
    looked: known !== null,
    guest: environment?.guests.find((guest) => guest.target === id) ?? null,
    services: environment?.services.filter(({ guest }) => guest === id) ?? [],
    validity: certificates?.find((each) => each.target === id)?.validity ?? null,
    needs: known === null ? null : (own?.needs ?? []),
    dependants:
      known?.filter(({ needs, within }) => [...needs, ...(within ?? [])].includes(id)).map((each) => each.target) ??
      null,
    names: new Map(environment?.guests.map(({ target: guest, name }) => [guest, name])),
    commits: await commitsOf(
      sources,
      history.map(({ run }) => run),
    ),
    runs: searched.length,
    older: searched.length < RUNS_LOOKED_AT ? null : (searched.at(-1)?.id ?? null),
  };
}

export async function gatherMap(sources: PageSources): Promise<MapView> {
  const { ledger, agent, clock } = sources;
  const [head, { targets }, environment, certificates] = await Promise.all([
    ledger.head(),
    gatherTargets(sources),
    orNull(agent.environment()),
    orNull(agent.certificates()),
  ]);
  const byId = new Map(targets.map((target) => [target.target, target]));
  return { environment, isFollowed: head !== null, targets: byId, certificates, now: clock.now() };
}

/** @param query words that must all match */
export async function gatherSearch(sources: PageSources, query: string): Promise<SearchView> {
  const nothing = { query, targets: [], guests: new Map(), runs: [], looked: 0, commits: null };
  if (query === '') return nothing;
  const { ledger, agent } = sources;
  const [records, runs, known, environment] = await Promise.all([
    ledger.targets(),
    ledger.runs(RUNS_LOOKED_AT),
    orNull(agent.known(HOST_WITHIN_MS)),
    orNull(agent.environment()),
  ]);
  const commits = await commitsOf(sources, runs);
  const guests = new Map(environment?.guests.map((guest) => [guest.target, guest]));
  const targets = targetsJson(records, runs, known).filter(({ target, state, running }) => {
    const names = environment?.services.filter(({ guest }) => guest === target).map(({ name }) => name) ?? [];
    const addresses = guests.get(target)?.interfaces.flatMap((each) => each.addresses) ?? [];
    return isFound(query, [target, guests.get(target)?.name, state, running, ...addresses, ...names]);
  });
  const found = runs.filter((run) => {
    const { message, author } = commits?.get(run.commit) ?? {};
    const about = run.steps.flatMap(({ target }) => [target, guests.get(target)?.name]);
    return isFound(query, [
      run.id,
      `run ${run.id}`,
      run.commit,
      run.by,
      run.trigger,
      run.verb,
      run.state,
      message,
      author,
      ...about,
    ]);
  });
  return { query, targets, guests, runs: found, looked: runs.length, commits };
}

/** Whether each word of the query occurs in one of the texts, ignoring case. Pure. */
function isFound(query: string, texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.flatMap((text) => (text ? [text.toLowerCase()] : []));
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.some((text) => text.includes(word)));
}
