// GitHub's API for Git refs: those whose name starts with the given one; none is not an error.

import type { Router } from 'express';
import type { Parts } from '../parts.ts';
import { needs } from './access.ts';
import { pageOf } from './answers.ts';
import { nodeId } from './shapes.ts';

export function refRoutes(routes: Router, parts: Parts): void {
  const { bare, place } = parts;
  routes.get('/git/matching-refs/*ref', needs(parts, 'read', 'contents'), async (request, response) => {
    const prefix = `refs/${[request.params['ref']].flat().join('/')}`;
    const found = [...(await bare.refs())].filter(([name]) => name.startsWith(prefix));
    const api = `${place.api}/repos/${place.repository}/git`;
    response.json(
      pageOf(request, response, found).map(([ref, sha]) => ({
        ref,
        node_id: nodeId('Ref', ref),
        url: `${api}/${ref}`,
        object: { sha, type: 'commit', url: `${api}/commits/${sha}` },
      })),
    );
  });
}
