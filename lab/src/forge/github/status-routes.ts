// Commit status API of GitHub.

import type { Request, Response, Router } from 'express';
import type { Parts } from '../parts.ts';
import { combined, type LabStatus } from '../statuses.ts';
import { loginIn, needs } from './access.ts';
import { fail, invalid, notFound, pageOf } from './answers.ts';
import { nodeId, repositoryShape, userShape } from './shapes.ts';
import { refusedStatus } from './status-rules.ts';

export function statusRoutes(routes: Router, parts: Parts): void {
  const { bare, statuses, place, people } = parts;
  routes.post('/statuses/:sha', needs(parts, 'write', 'statuses'), async (request, response) => {
    const { sha: asked } = request.params as { sha: string };
    const sha = /^[0-9a-f]{40}$/.test(asked) ? await bare.commit(asked) : undefined;
    if (sha === undefined) return fail(response, 422, `No commit found for SHA: ${asked}`);
    const body = (request.body ?? {}) as Readonly<Record<string, string | undefined>>;
    const { state = '', context = 'default', description = null, target_url = null } = body;
    const refused = refusedStatus(body, statuses.count(sha, String(context)));
    if (refused !== undefined) return invalid(response, 'Status', refused);
    const creator = loginIn(response);
    const status = statuses.add({ sha, creator, context, state, description, target_url });
    response.status(201).json(statusShape(parts, status));
  });
  const withCommit = (answer: (sha: string, request: Request, response: Response) => unknown) => {
    return async (request: Request, response: Response) => {
      const sha = await bare.commit((request.params as { ref: string }).ref);
      if (sha === undefined) return notFound(response);
      response.json(answer(sha, request, response));
    };
  };
  const reads = needs(parts, 'read', 'statuses');
  const list = withCommit((sha, request, response) => {
    return pageOf(request, response, statuses.of(sha)).map((status) => statusShape(parts, status));
  });
  routes.get('/statuses/:ref', reads, list);
  routes.get('/commits/:ref/statuses', reads, list);
  routes.get(
    '/commits/:ref/status',
    reads,
    withCommit((sha, request, response) => {
      const latest = statuses.latest(sha);
      const url = `${place.api}/repos/${place.repository}/commits/${sha}`;
      return {
        sha,
        state: combined(latest),
        total_count: latest.length,
        statuses: pageOf(request, response, latest).map((status) => statusShape(parts, status)),
        repository: repositoryShape(place, people),
        commit_url: url,
        url: `${url}/status`,
      };
    }),
  );
}

function statusShape({ place, people }: Parts, { sha, creator, ...status }: LabStatus) {
  return {
    ...status,
    url: `${place.api}/repos/${place.repository}/statuses/${sha}`,
    node_id: nodeId('StatusContext', status.id),
    avatar_url: null,
    creator: userShape(place, people, creator),
  };
}
