// REST API of Gitea and Forgejo below `/api/v1`, with its validation. Without checks and webhook deliveries.

import express, { type Router } from 'express';
import { loginOf } from '../login.ts';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import type { Right } from '../people.ts';
import { complain } from './answers.ts';
import { commentRoutes } from './comment-routes.ts';
import { hookRoutes } from './hook-routes.ts';
import { originRoutes } from './origin-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { requireScope } from './scopes.ts';
import { mayWrite, permissionsOf, repositoryShape, userShape } from './shapes.ts';
import { statusRoutes } from './status-routes.ts';
import { tokenRoutes } from './token-routes.ts';

/** GitHub endpoints that Gitea lacks. */
const ABSENT = ['/check-runs', '/hooks/:hook/deliveries'];

/** Gitea has only three rights and owner. */
const RIGHTS: Readonly<Partial<Record<Right, string>>> = { maintain: 'write', triage: 'read' };

export function giteaRest(parts: Parts): Router {
  const { place, people, token, tokenScopes, faults } = parts;
  const rest = express.Router();
  rest.use(faults.rest.handler);
  tokenRoutes(rest, parts);
  rest.use((request, response, next) => {
    const given = loginOf(request)?.password;
    if (given === token) return next();
    complain(response, 401, given === undefined ? 'token is required' : 'invalid username, password or token');
  });
  rest.use(requireScope(tokenScopes), express.json({ limit: '25mb' }));
  rest.use((request, response, next) => {
    if (request.method === 'GET' || mayWrite(people.findOrAdd(TOKEN_OWNER).right)) return next();
    complain(response, 403, 'user should have a permission to write to a repo');
  });
  rest.get('/user', (_request, response) => void response.json(userShape(parts, TOKEN_OWNER)));
  const repository = express.Router();
  repository.get('/', (_request, response) => {
    response.json({ ...repositoryShape(parts), permissions: permissionsOf(parts, TOKEN_OWNER) });
  });
  repository.get('/collaborators/:user/permission', (request, response) => {
    const { user } = request.params;
    if (people.findOrAdd(TOKEN_OWNER).right !== 'admin' && user.toLowerCase() !== TOKEN_OWNER) {
      const who = 'Only admins can query all permissions, repo admins can query all repo permissions';
      return complain(response, 403, `${who}, collaborators can query only their own`);
    }
    const person = people.find(user);
    if (person === undefined) return complain(response, 404, `user does not exist [uid: 0, name: ${user}]`);
    // Team permissions are not included here.
    const permission = person.through === 'team' ? 'none' : (RIGHTS[person.right] ?? person.right);
    response.json({ permission, role_name: permission, user: userShape(parts, person.login) });
  });
  statusRoutes(repository, parts);
  pullRoutes(repository, parts);
  commentRoutes(repository, parts);
  originRoutes(repository, parts);
  hookRoutes(repository, parts);
  repository.use(ABSENT, (_request, response) => complain(response, 404, ''));
  rest.use(`/repos/${place.repository}`, repository);
  return rest;
}
