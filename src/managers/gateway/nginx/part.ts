// nginx at the edge of the environment: terminates TLS for every public name and forwards to the proxy behind it.

import type { Action, HttpRequest } from '../../../model/action.ts';
import { comparedBy } from '../../comparison.ts';
import { textDigest } from '../../guest/digest.ts';
import type { Decision } from '../../manager.ts';
import { cannotLook, inspect, isForeign, isInstalled, KEEP, KEPT, scriptAction } from '../inside.ts';
import type { Part } from '../part.ts';
import { type NginxSeen, nginxComparison, versionIn } from './nginx-comparison.ts';
import { type NginxSpec, nginxSpec } from './nginx-spec.ts';
import { ACME_ROOT, compareVersions, REVISION_PATH, type Rendered, renderNginx } from './render.ts';
import { FOLDER, INSPECT, INSTALL, PLACES, RELOAD, RESTORE } from './scripts.ts';

/** The first version with `ssl_reject_handshake`. */
const OLDEST = '1.19.4';

export const nginx: Part<NginxSpec, NginxSeen> = {
  name: 'nginx',
  declared: nginxSpec,
  certificates: ({ sites }) => [...new Set(sites.map(({ source }) => source))].sort(),
  look: async (host, guest, there) => ({ inside: await inspect(host, guest, INSPECT, PLACES), there }),
  decide(spec, { inside, there }): Decision {
    if (inside.kind === 'unreachable') return cannotLook(inside);
    const version = versionIn(inside.stderr);
    if (version === null)
      return impossible(`container ${spec.guest} has no nginx; add the feature nginx_gateway to it`);
    if (compareVersions(version, OLDEST) < 0)
      return impossible(`nginx ${version} in container ${spec.guest} is too old: ${OLDEST} or later is needed`);
    if (isForeign(inside.files)) {
      const reason = `${PLACES.current} in container ${spec.guest} was written by somebody else; move it away, then replay`;
      return { kind: 'blocked', reason };
    }
    const rendered = renderNginx(spec, { version, there });
    const { current, proven, active } = inside.files;
    const digest = textDigest(rendered.text);
    if (current === digest && proven === digest && active) return { kind: 'actions', actions: [] };
    const change =
      current === digest
        ? [scriptAction(`reload nginx in container ${spec.guest}`, spec.guest, RELOAD, [])]
        : [
            ...(proven === null ? [recordProven(spec, 'keep the configuration that nginx had')] : []),
            scriptAction(
              `replace the configuration of nginx in container ${spec.guest}`,
              spec.guest,
              INSTALL,
              [FOLDER, ACME_ROOT],
              rendered.text,
            ),
          ];
    const actions = [...change, ...questions(spec, there, rendered), recordProven(spec, 'record that nginx serves')];
    return { kind: 'actions', actions };
  },
  differences: (wanted, seen) => comparedBy(nginxComparison, wanted, seen),
  isThere: ({ inside }) => isInstalled(inside),
  putBack(spec, { inside }) {
    if (inside.kind === 'unreachable' || isForeign(inside.files)) return [];
    const args = [PLACES.current, PLACES.proven, FOLDER];
    return [scriptAction(`put the configuration of nginx back in container ${spec.guest}`, spec.guest, RESTORE, args)];
  },
};

const impossible = (reason: string): Decision => ({ kind: 'impossible', reason });

function recordProven({ guest }: NginxSpec, summary: string): Action {
  return scriptAction(`${summary} in container ${guest}`, guest, KEEP, [PLACES.current, PLACES.proven, KEPT]);
}

/** Requests from the node, as a client would send them: each name must present its certificate and this configuration, and redirect HTTP to HTTPS. */
function questions(spec: NginxSpec, there: ReadonlySet<string>, { revision }: Rendered): Action[] {
  const { address, asked, root, sites } = spec;
  const trust = root === null ? ('none' as const) : { file: root };
  const ask = (summary: string, request: Pick<HttpRequest, 'url' | 'accept' | 'expect'>): Action => ({
    summary,
    impact: 'live',
    do: { kind: 'http', method: 'GET', address, trust, timeoutSeconds: 10, ...request },
    // Old workers may still answer for a moment.
    until: { times: 6, intervalSeconds: 1 },
  });
  const https = sites.flatMap(({ names, source }) =>
    asked.https && there.has(source)
      ? names.map((name) =>
          ask(`ask ${name} for its certificate`, {
            url: `https://${name}${REVISION_PATH}`,
            accept: [200],
            expect: { pointer: '/revision', oneOf: [revision] },
          }),
        )
      : [],
  );
  const http = sites.flatMap(({ names, source }) =>
    asked.http
      ? names.map((name) =>
          ask(`ask ${name} without TLS`, { url: `http://${name}/`, accept: [there.has(source) ? 308 : 503] }),
        )
      : [],
  );
  return [...https, ...http];
}
