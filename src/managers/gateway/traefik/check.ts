// The form of Traefik's dynamic configuration, strict: what it does not know, Traefik would drop the whole file for. Derived from
// the same table as the labels that are let through.

import { z } from 'zod';
import { type Field, type Fields, LOAD_BALANCER, MIDDLEWARES, ROUTER } from '../../../config/derive/traefik/fields.ts';
import type { JsonObject } from '../../../model/json.ts';
import { parseRule } from '../../../traefik/rule.ts';

function schemaOf(field: Field): z.ZodType {
  switch (field) {
    case 'text':
      return z.string().min(1);
    case 'duration':
      return z.string().min(1);
    case 'list':
      return z.array(z.string().min(1)).min(1);
    case 'number':
      return z.int();
    case 'flag':
      return z.boolean();
    case 'texts':
      return filledRecord(z.string());
    case 'numbers':
      return filledRecord(z.int());
    default:
      return z.strictObject(optional(field));
  }
}

function optional(fields: Fields): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field).optional()]));
}

/** Not empty: Traefik complains of elements that stand alone. */
function filledRecord(value: z.ZodType) {
  return z
    .record(z.string().regex(/^[^@\s]+$/), value)
    .refine((record) => Object.keys(record).length > 0, 'must not be empty');
}

const router = z.strictObject({
  ...optional(ROUTER),
  rule: z.string().refine((rule) => !('fault' in parseRule(rule)), 'is no rule'),
  service: z.string().min(1),
  entryPoints: z.array(z.enum(['web', 'websecure'])).length(1),
  tls: z.strictObject({}).optional(),
});

const { server: _, ...loadBalancer } = LOAD_BALANCER;

const service = z.strictObject({
  loadBalancer: z.strictObject({
    ...optional(loadBalancer),
    servers: z
      .array(z.strictObject({ url: z.url({ protocol: /^(https?|h2c)$/ }), preservePath: z.boolean().optional() }))
      .min(1),
    serversTransport: z.string().optional(),
  }),
});

const middleware = z
  .strictObject(optional(MIDDLEWARES))
  .refine((kinds) => Object.keys(kinds).length === 1, 'must be of one kind');

const dynamic = z.strictObject({
  http: z
    .strictObject({
      routers: filledRecord(router).optional(),
      services: filledRecord(service).optional(),
      middlewares: filledRecord(middleware).optional(),
      serversTransports: filledRecord(
        z.strictObject({ serverName: z.string().min(1), rootCAs: z.array(z.string().startsWith('/')).optional() }),
      ).optional(),
    })
    .optional(),
  tls: z
    .strictObject({
      certificates: z
        .array(z.strictObject({ certFile: z.string().startsWith('/'), keyFile: z.string().startsWith('/') }))
        .min(1),
      options: z.strictObject({ default: z.strictObject({ minVersion: z.string(), sniStrict: z.boolean() }) }),
    })
    .optional(),
});

/** What Traefik would refuse in it, or null. References are followed, and values searched for what would run as a template. */
export function faultOf(value: JsonObject): string | null {
  const parsed = dynamic.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not understood'}`;
  }
  if (JSON.stringify(value).includes('{{')) return 'a value holds "{{", which Traefik would run as a template';
  const http = parsed.data.http ?? {};
  const services = (http.services ?? {}) as Record<string, z.output<typeof service>>;
  const transports = http.serversTransports ?? {};
  const middlewares = (http.middlewares ?? {}) as Record<
    string,
    { readonly chain?: { readonly middlewares?: string[] } }
  >;
  const unknown = (name: string): boolean => !name.endsWith('@file') && !Object.hasOwn(middlewares, name);
  for (const [name, each] of Object.entries((http.routers ?? {}) as Record<string, z.output<typeof router>>)) {
    if (!Object.hasOwn(services, each.service))
      return `router ${name} leads to service ${each.service}, which is not there`;
    const missing = (((each as JsonObject)['middlewares'] ?? []) as string[]).find(unknown);
    if (missing !== undefined) return `router ${name} goes through middleware ${missing}, which is not there`;
  }
  for (const [name, { loadBalancer: each }] of Object.entries(services)) {
    const transport = each['serversTransport'] as string | undefined;
    if (transport !== undefined && !Object.hasOwn(transports, transport))
      return `service ${name} goes by transport ${transport}, which is not there`;
  }
  for (const [name, { chain }] of Object.entries(middlewares)) {
    const missing = chain?.middlewares?.find(unknown);
    if (missing !== undefined) return `middleware ${name} names ${missing}, which is not there`;
  }
  return null;
}
