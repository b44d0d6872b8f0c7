// Traefik behind the gateway: routes from names to guests, and the static configuration. Traefik loads a new file of routes by itself, and its API
// reports the result. Routes that it refuses do not prevent the others from being served.

import type { Action } from '../../../model/action.ts';
import { comparedBy } from '../../comparison.ts';
import { textDigest } from '../../guest/digest.ts';
import type { Decision } from '../../manager.ts';
import {
  cannotLook,
  inspect,
  isForeign,
  isInstalled,
  isProven,
  KEEP,
  KEPT,
  printedFile,
  scriptAction,
} from '../inside.ts';
import type { Part } from '../part.ts';
import { hostsIn, type LoadedConfiguration, type Refusal, readTraefikAnswers, refusalsOf } from './api-answers.ts';
import { faultOf } from './check.ts';
import {
  API_ADDRESS,
  BACK_UP,
  CONFIG_LOADED,
  INSPECT,
  INSPECT_ARGS,
  INSTALL,
  INSTALL_ARGS,
  INSTALL_STATIC_ARGS,
  PLACES,
  PROBE,
  REMOVE,
  RESTART,
  RESTORE,
  RESTORE_STATIC,
  STATIC,
  STATIC_LINE,
} from './scripts.ts';
import { isOurs, missingEntryPoints, renderStatic, type StaticFile } from './static.ts';
import { type TraefikSeen, traefikComparison } from './traefik-comparison.ts';
import { renderTraefik, type TraefikSpec, traefikSpec } from './traefik-spec.ts';

export const traefik: Part<TraefikSpec, TraefikSeen> = {
  name: 'traefik',
  declared: traefikSpec,
  certificates: () => [],
  async look(host, guest) {
    const [, , ...more] = INSPECT_ARGS;
    const inside = await inspect(host, guest, INSPECT, PLACES, more);
    const { digests, rest } = inside.kind === 'seen' ? inside : { digests: new Map<string, string>(), rest: [] };
    const digest = (path: string): string | null => digests.get(path) ?? null;
    const file = {
      current: digest(STATIC.current),
      proven: digest(STATIC.proven),
      started: digest(STATIC.started),
      text: printedFile(rest, STATIC_LINE),
    };
    return { inside, file, loaded: readTraefikAnswers(rest) };
  },
  decide(spec, { inside, file, loaded }): Decision {
    if (inside.kind === 'unreachable') return cannotLook(inside);
    if (isForeign(inside.files)) {
      const reason = `${PLACES.current} in container ${spec.guest} was written by somebody else; move it away, then replay`;
      return { kind: 'blocked', reason };
    }
    const fault = faultOf(spec.dynamic);
    if (fault !== null) return { kind: 'impossible', reason: `Traefik would refuse it: ${fault}` };
    const { active } = inside.files;
    // A Traefik that somebody else configured without an API cannot be verified: it is left running.
    if (!isOurs(file) && active && loaded === null) return { kind: 'blocked', reason: showsNothing(spec) };
    const rendered = renderTraefik(spec);
    const digest = textDigest(rendered.text);
    const first = preparation(spec, file, active);
    const swapped = inside.files.current === digest ? [] : [swap(spec, rendered.text)];
    const started = first.starts ? start(spec, file) : [];
    const wait = awaitReload(spec, rendered.revision);
    if (swapped.length + started.length > 0) return actions([...first.before, ...swapped, ...started, wait]);
    if (loaded === null) return actions([isUp(spec), wait]);
    if (!loaded.middlewares.has(rendered.revision)) return actions([wait]);
    const refused = refusalsOf(spec.dynamic, loaded);
    const noted = isOurs(file) && file.proven !== file.current ? [noteStatic(spec)] : [];
    if (inside.files.proven !== digest) return actions([...noted, ...questions(spec, refused), recordProven(spec)]);
    if (noted.length > 0) return actions(noted);
    const left = [...refusedText(spec, refused), ...lackingText(spec, file, loaded)];
    return left.length === 0 ? actions([]) : { kind: 'partly', reason: left.join('; ') };
  },
  differences: (wanted, seen) => comparedBy(traefikComparison, wanted, seen),
  isThere: ({ inside }) => isInstalled(inside),
  putBack(spec, { inside, file }, changing) {
    if (inside.kind === 'unreachable' || isForeign(inside.files)) return [];
    const { guest } = spec;
    const routes = inside.files;
    const restored: Action[] = [];
    const swapsStatic = changing && file.current !== textDigest(renderStatic(spec.gateway));
    if (isOurs(file) && (swapsStatic || file.current !== file.proven)) {
      const summary = `restore the start configuration of Traefik in container ${guest}`;
      restored.push(scriptAction(summary, guest, RESTORE_STATIC, [STATIC.current, STATIC.proven]));
    }
    const swaps = changing && routes.current !== textDigest(renderTraefik(spec).text);
    if (!swaps && isProven(routes)) return restored;
    const back =
      routes.proven === null
        ? scriptAction(`take the routes of Traefik away in container ${guest}`, guest, REMOVE, [PLACES.current])
        : scriptAction(`put the routes of Traefik back in container ${guest}`, guest, RESTORE, [
            PLACES.current,
            PLACES.proven,
          ]);
    return [back, ...restored];
  },
};

const actions = (list: readonly Action[]): Decision => ({ kind: 'actions', actions: list });

/** Actions on the static file, and whether Traefik has to be restarted for it. */
function preparation(
  spec: TraefikSpec,
  file: StaticFile,
  active: boolean,
): { readonly before: readonly Action[]; readonly starts: boolean } {
  const text = renderStatic(spec.gateway);
  if (!isOurs(file)) return { before: [], starts: !active };
  if (file.current === textDigest(text)) return { before: [], starts: !active || file.started !== file.current };
  const kept =
    active && file.current !== null && file.proven === null
      ? [noteStatic(spec, `keep what Traefik was started with in container ${spec.guest}`)]
      : [];
  const summary = `swap what Traefik is started with in container ${spec.guest}`;
  return {
    before: [...kept, scriptAction(summary, spec.guest, INSTALL, INSTALL_STATIC_ARGS, text)],
    starts: true,
  };
}

function swap({ guest }: TraefikSpec, text: string): Action {
  return scriptAction(`replace the routes of Traefik in container ${guest}`, guest, INSTALL, INSTALL_ARGS, text);
}

/** A static file with which Traefik started is saved as proven at once, whatever its routes are. */
function start(spec: TraefikSpec, file: StaticFile): Action[] {
  const args = [STATIC.current, STATIC.started, KEPT];
  const restart = scriptAction(`restart Traefik in container ${spec.guest}`, spec.guest, RESTART, args);
  return [restart, isUp(spec), ...(isOurs(file) ? [noteStatic(spec)] : [])];
}

function noteStatic({ guest }: TraefikSpec, summary = `record that Traefik came up in container ${guest}`): Action {
  return scriptAction(summary, guest, BACK_UP, [STATIC.current, STATIC.proven, KEPT]);
}

function recordProven({ guest }: TraefikSpec): Action {
  const args = [PLACES.current, PLACES.proven, KEPT];
  return scriptAction(`record that Traefik serves in container ${guest}`, guest, KEEP, args);
}

function isUp({ guest }: TraefikSpec): Action {
  const summary = `wait until Traefik in container ${guest} tells what it serves`;
  return { ...scriptAction(summary, guest, PROBE, []), until: { times: 15, intervalSeconds: 1 } };
}

/** Traefik reloads its files a few seconds after they change. */
function awaitReload({ guest }: TraefikSpec, revision: string): Action {
  const summary = `wait until Traefik in container ${guest} has taken the routes over`;
  return { ...scriptAction(summary, guest, CONFIG_LOADED, [revision]), until: { times: 15, intervalSeconds: 1 } };
}

/** A request from the node for every name: any answer of the backend shows that Traefik forwards it. */
function questions(spec: TraefikSpec, refused: readonly Refusal[]): Action[] {
  if (!spec.asked) return [];
  const unserved = new Set(refused.flatMap(({ kind, name }) => (kind === 'router' ? [name] : [])));
  return hostsIn(spec.dynamic, unserved).map((name) => ({
    summary: `ask Traefik for ${name}`,
    impact: 'live',
    do: {
      kind: 'http',
      method: 'HEAD',
      url: `http://${name}/`,
      address: spec.address,
      trust: 'none',
      timeoutSeconds: 40,
      accept: ANSWERS,
    },
    until: { times: 3, intervalSeconds: 2 },
  }));
}

const ANSWERS = Array.from({ length: 400 }, (_, index) => 200 + index);

/** Each refusal with the source of the route, in Traefik's words. */
function refusedText({ sources, guest }: TraefikSpec, refused: readonly Refusal[]): string[] {
  if (refused.length === 0) return [];
  const one = ({ kind, name, why }: Refusal): string => {
    const source = sources[name] ?? sources[name.replace(/-secure$/, '')];
    const by = source === undefined ? '' : ` of ${source.by}`;
    const where = source === undefined || source.file === '' ? '' : ` (${source.file})`;
    return `${kind} ${name}${by}: ${why}${where}`;
  };
  return [
    `Traefik does not serve ${refused.map(one).join('; ')}`,
    `correct that and push, or what it names in /etc/traefik/dynamic of container ${guest}; all other routes are served`,
  ];
}

function lackingText({ gateway, guest }: TraefikSpec, file: StaticFile, loaded: LoadedConfiguration): string[] {
  const missing = missingEntryPoints(loaded.entryPoints, gateway);
  if (missing.length === 0) return [];
  const remedy = isOurs(file)
    ? `Traefik does not read ${STATIC.current}: see to it that its unit starts it with --configFile=${STATIC.current}`
    : `${STATIC.current} is somebody's own: correct it and restart Traefik, or move it away, then replay`;
  return [`what Traefik in container ${guest} was started with does not fitText: ${missing.join('; ')}`, remedy];
}

function showsNothing({ guest }: TraefikSpec): string {
  return [
    `Traefik in container ${guest} serves on, but does not tell at ${API_ADDRESS} what it serves, and ${STATIC.current} is somebody's own`,
    `add the entry point traefik at ${API_ADDRESS} and "api: {insecure: true}" to it and restart Traefik, or move it away, then replay`,
  ].join('; ');
}
