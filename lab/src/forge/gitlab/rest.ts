// REST API of GitLab below `/api/v4`, with its validation. A project is named by its number, or by its path with `/` as `%2F`.

import express, { type Router } from 'express';
import { type Parts, TOKEN_OWNER } from '../parts.ts';
import { complain, notFound, pageOf } from './answers.ts';
import { hookRoutes } from './hook-routes.ts';
import { noteRoutes } from './note-routes.ts';
import { originRoutes } from './origin-routes.ts';
import { requestRoutes } from './request-routes.ts';
import { DEVELOPER, levelOf, PROJECT_ID, projectShape, userShape } from './shapes.ts';
import { statusRoutes } from './status-routes.ts';

export function gitlabRest(parts: Parts): Router {
  const { place, people, token, tokenScopes, faults } = parts;
  const rest = express.Router();
  const ownLevel = () => levelOf(people.findOrAdd(TOKEN_OWNER).right);
  rest.use(faults.rest.handler);
  rest.use((request, response, next) => {
    const bearer = /^bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if ((request.get('private-token') ?? bearer) === token) next();
    else complain(response, 401, '401 Unauthorized');
  });
  rest.use(express.json({ limit: '25mb' }), express.urlencoded());
  rest.get('/users', (request, response) => {
    const found = people.find(String(request.query['username'] ?? ''));
    response.json(found === undefined ? [] : [userShape(parts, found.login)]);
  });

  rest.get('/user', (_request, response) => void response.json(userShape(parts, TOKEN_OWNER)));
  rest.get('/personal_access_tokens/self', (_request, response) => {
    response.json({ id: 1, name: 'phoenix', revoked: false, active: true, scopes: tokenScopes ?? ['api'] });
  });
  rest.use((request, response, next) => {
    const enough = request.method === 'GET' ? ['api', 'read_api'] : ['api'];
    if (tokenScopes === null || enough.some((scope) => tokenScopes.includes(scope))) return next();
    const error_description = 'The request requires higher privileges than provided by the access token.';
    response.status(403).json({ error: 'insufficient_scope', error_description, scope: 'api' });
  });
  const project = express.Router();
  project.use((request, response, next) => {
    if (request.method === 'GET' || ownLevel() >= DEVELOPER) next();
    else complain(response, 403, '403 Forbidden');
  });
  project.get('/', (_request, response) => {
    const access = { project_access: { access_level: ownLevel(), notification_level: 3 }, group_access: null };
    response.json({ ...projectShape(parts), permissions: access });
  });
  project.get('/members/all/:user', (request, response) => {
    const person = people.byId(Number(request.params.user));
    if (person === undefined || person.right === 'none') return notFound(response);
    response.json({ ...userShape(parts, person.login), access_level: levelOf(person.right), expires_at: null });
  });
  statusRoutes(project, parts);
  requestRoutes(project, parts);
  noteRoutes(project, parts);
  originRoutes(project, parts);
  hookRoutes(project, parts, ownLevel);
  project.get('/protected_branches', (request, response) => {
    response.json(pageOf(request, response, parts.protectedBranches));
  });
  rest.use('/projects/:id', (request, response, next) => {
    const { id } = request.params;
    if (id === String(PROJECT_ID) || id === place.repository) project(request, response, next);
    else notFound(response, 'Project');
  });
  return rest;
}
