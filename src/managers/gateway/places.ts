// Where the values of the gateways' specs are written: who is reached under which name, where, and with which certificate.

import type { Step } from '../comparison.ts';
import type { Config } from '../config.ts';
import { ADDRESS } from '../guest/places.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import { routesOf } from '../routes/routes.ts';
import { certificates, composeFiles, guests, own, type Sources, stacks, type WrittenPart } from '../sources.ts';

const ROUTES = [
  own('/domain_name', '/step_ca', '/portainer_api/portainer_hostname'),
  guests(
    '/name',
    ...ADDRESS,
    '/role',
    '/traefik_service',
    '/docker_stacks',
    '/mount_points',
    '/portainer_role',
    '/portainer_agent_hostname',
  ),
  certificates('/common_name', '/sans', '/cert_path', '/key_path', '/issuer'),
  stacks('/services', '/variables'),
  composeFiles('/services/*/labels', '/services/*/ports'),
];

export const gatewaySources: Sources = {
  entry: () => ({ file: HYPERVISOR_FILE, path: '' }),
  of: () => ROUTES,
  isDerived: () => true,
  placeOf,
};

/**
 * The label of a middleware, or of one of its fields; else the route of an element of Traefik's file, `router wiki`, or of nginx' file,
 * `server wiki.example.internal, port 443`.
 */
function placeOf(config: Config, [element, ...field]: readonly Step[]): WrittenPart | null {
  if (typeof element !== 'string') return null;
  const { routes, places } = routesOf(config);
  // The variant for clients that speak TLS to Traefik itself.
  const written = places.get(element) ?? places.get(element.replace(/(?:-direct)+$/, ''));
  if (written !== undefined) {
    const { at, position } = written(field.map(String));
    return { ...at, line: position?.line ?? null };
  }
  const [, name] = /^(?:router|service|transport) (.+)$/.exec(element) ?? [];
  const [, host] = /^server ([^\s,]+)/.exec(element) ?? [];
  const route =
    routes.find((each) => each.name === name) ??
    // The router for clients that speak TLS to Traefik itself.
    routes.find((each) => `${each.name}-secure` === name) ??
    routes.find(({ hosts }) => host !== undefined && hosts.includes(host));
  return route === undefined ? null : { ...route.at, line: route.position?.line ?? null };
}
