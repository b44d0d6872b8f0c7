// Traefik behind the gateway: which name leads to which guest. It takes a new file over by itself, and tells by its API what it
// made of it.

import type { Action } from '../../../model/action.ts';
import { textDigest } from '../../guest/digest.ts';
import type { Decision } from '../../manager.ts';
import { type Files, isForeign, KEEP, KEPT, type Look, look, scriptAction } from '../inside.ts';
import type { Part } from '../part.ts';
import { faultOf } from './check.ts';
import { INSTALL, INSTALL_ARGS, LOOK, PLACES, PUT_BACK, RESTART, TAKE_AWAY, TAKEN_OVER } from './scripts.ts';
import { renderTraefik, type TraefikSpec, traefikSpec } from './spec.ts';
import { hostsIn, readTold, type Told } from './told.ts';

export interface TraefikSeen {
  readonly inside: Look;
  /** What Traefik says of itself; null when it does not answer. */
  readonly told: Told | null;
}

export const traefik: Part<TraefikSpec, TraefikSeen> = {
  name: 'traefik',
  declared: traefikSpec,
  certificates: () => [],
  async look(host, guest) {
    const inside = await look(host, guest, LOOK, PLACES);
    return { inside, told: inside.kind === 'seen' ? readTold(inside.rest) : null };
  },
  decide(spec, { inside, told }): Decision {
    if (inside.kind === 'unreachable') return { kind: 'impossible', reason: inside.reason };
    if (isForeign(inside.files)) {
      const reason = `${PLACES.current} in container ${spec.guest} was written by somebody else; move it away, then replay`;
      return { kind: 'blocked', reason };
    }
    const fault = faultOf(spec.dynamic);
    if (fault !== null) return { kind: 'impossible', reason: `Traefik would refuse it: ${fault}` };
    const rendered = renderTraefik(spec);
    const digest = textDigest(rendered.text);
    const { current, proven, active } = inside.files;
    const wait = takenOver(spec, rendered.revision);
    if (current !== digest) return actions([swap(spec, rendered.text), ...(active ? [] : [restart(spec)]), wait]);
    if (!active || told === null) return actions([restart(spec), wait]);
    if (!told.middlewares.has(rendered.revision)) return actions([wait]);
    const refused = told.refused.filter(({ router }) => isOurs(spec, router));
    const [first] = refused;
    if (first !== undefined) {
      const reason = `Traefik does not take router ${first.router}: ${first.why}`;
      return { kind: 'impossible', reason };
    }
    return actions(proven === digest ? [] : [...questions(spec), keep(spec)]);
  },
  putBack(spec, { inside }) {
    if (inside.kind === 'unreachable' || isForeign(inside.files) || isProven(inside.files)) return null;
    const { guest } = spec;
    return inside.files.proven === null
      ? scriptAction(`take the routes of Traefik away in container ${guest}`, guest, TAKE_AWAY, [PLACES.current])
      : scriptAction(`put the routes of Traefik back in container ${guest}`, guest, PUT_BACK, [
          PLACES.current,
          PLACES.proven,
        ]);
  },
};

const actions = (list: readonly Action[]): Decision => ({ kind: 'actions', actions: list });

function isProven({ current, proven }: Files): boolean {
  return current !== null && current === proven;
}

function isOurs({ dynamic }: TraefikSpec, router: string): boolean {
  return Object.hasOwn((dynamic['http'] as { routers?: object } | undefined)?.routers ?? {}, router);
}

function swap({ guest }: TraefikSpec, text: string): Action {
  return scriptAction(`swap the routes of Traefik in container ${guest}`, guest, INSTALL, INSTALL_ARGS, text);
}

function restart({ guest }: TraefikSpec): Action {
  return scriptAction(`restart Traefik in container ${guest}`, guest, RESTART, []);
}

function keep({ guest }: TraefikSpec): Action {
  const args = [PLACES.current, PLACES.proven, KEPT];
  return scriptAction(`note that Traefik serves in container ${guest}`, guest, KEEP, args);
}

/** Traefik looks at its files a few seconds after they change. */
function takenOver({ guest }: TraefikSpec, revision: string): Action {
  const summary = `wait until Traefik in container ${guest} has taken the routes over`;
  return { ...scriptAction(summary, guest, TAKEN_OVER, [revision]), until: { times: 15, intervalSeconds: 1 } };
}

/** Asked from the node for every name: whatever the backend says, Traefik passes it on. */
function questions(spec: TraefikSpec): Action[] {
  if (!spec.asked) return [];
  return hostsIn(spec.dynamic).map((name) => ({
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
