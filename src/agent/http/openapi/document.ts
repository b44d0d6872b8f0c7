// The description of the API as OpenAPI 3.1, generated from the schemas that validate its requests and test its responses.

import { z } from 'zod';
import { ANSWERS, type AnswerName } from './answers.ts';
import { API_ROUTES, type ApiRoute, type Content } from './routes.ts';

/** Version of the API, which stays backward compatible. */
const API_VERSION = '1.0.0';

type Json = Record<string, unknown>;

const SAYS: Readonly<Record<number, string>> = {
  200: 'As asked.',
  202: 'It was recorded, and is done in its turn.',
  400: 'The request cannot be understood.',
  401: 'Who asks did not show that they may.',
  404: 'There is no such thing.',
  409: 'Refused; nothing was done.',
  503: 'Not now.',
};

export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const route of API_ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: '3.1.1',
    info: {
      title: 'Phoenix',
      version: API_VERSION,
      description:
        'What the agent knows, and what may be asked of it. Reading from the machine itself takes no token, everything else the admin token. Answers may get more fields: leave out what you do not know.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: answerSchemas(),
      securitySchemes: { admin: { type: 'http', scheme: 'bearer', description: 'PHOENIX_ADMIN_TOKEN' } },
    },
  };
}

/** @param isStrict allow no further fields: for a test that every field is described */
export function answerSchemas({ isStrict = false } = {}): Record<AnswerName, Json> {
  return Object.fromEntries(
    Object.entries(ANSWERS).map(([name, schema]) => [name, schemaOf(schema, 'output', isStrict)]),
  ) as Record<AnswerName, Json>;
}

function operationOf({ method, path, summary, access, query, body, answers }: ApiRoute): Json {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const parameters = [...named, ...(query === undefined ? [] : queryOf(query))];
  const refused =
    access === 'anyone'
      ? {}
      : { default: responseOf('Refused: a token is needed, or the agent goes by another name.', ['Error']) };
  const responses = Object.entries(answers).map(([status, content]) => {
    return [status, responseOf(SAYS[Number(status)] ?? '', content)];
  });
  return {
    operationId: `${method} ${path}`.replace(/[^a-z]+(\w?)/gi, (_all, letter: string) => letter.toUpperCase()),
    summary,
    ...(access === 'anyone' ? {} : { security: access === 'read' ? [{}, { admin: [] }] : [{ admin: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input', true) } } },
        }),
    responses: { ...Object.fromEntries(responses), ...refused },
  };
}

function queryOf(query: z.ZodObject): Json[] {
  return Object.entries(query.shape).map(([name, field]) => {
    return { name, in: 'query', required: false, schema: schemaOf(field as z.ZodType, 'output', true) };
  });
}

function responseOf(description: string, content: readonly Content[]): Json {
  const media = content.map((each): [string, Json] => {
    if (each === 'document') return ['application/json', { schema: { type: 'object' } }];
    if (typeof each === 'string' && each.startsWith('text/')) return [each, { schema: { type: 'string' } }];
    const named = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    const schema = typeof each === 'string' ? named(each) : { type: 'array', items: named(each.listOf) };
    return ['application/json', { schema }];
  });
  return { description, content: Object.fromEntries(media) };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output', isStrict: boolean): Json {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ jsonSchema }) {
      if (!isStrict && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }) as Json;
  return made;
}
