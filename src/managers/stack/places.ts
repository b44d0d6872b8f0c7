// Where the values of a stack's spec are written in the files: in its manifest, and at the VM that it runs on.

import { ADDRESS } from '../guest/places.ts';
import { guests, host, OWN_COMPOSE, own, type Places, placesIn, type Sources } from '../sources.ts';
import type { StackSpec } from './stack-spec.ts';
import { stackTarget } from './target.ts';

/** Fields that declare that it runs there, and in which environment. */
const USED = guests('/docker_stacks', '/portainer_role', '/portainer_environment_name', '/portainer_agent_hostname');

const PLACES: Places<StackSpec> = {
  service: [host('/portainer_api', '/domain_name'), guests('/portainer_role', ...ADDRESS, '/traefik_service')],
  environment: [USED],
  vm: [USED],
  project: [USED],
  compose: [OWN_COMPOSE],
  additions: [own('/services', '/files'), OWN_COMPOSE],
  variables: [own('/variables')],
  files: [own('/files')],
  volumes: [OWN_COMPOSE, guests('/volumes')],
};

export const stackSources: Sources = {
  entry(config, target) {
    for (const vm of config.vm) {
      for (const { name, environment } of vm.stacks) {
        if (stackTarget(vm.id, name) === target)
          return config.stacks.get(name)?.environments[environment]?.writtenAt ?? null;
      }
    }
    return null;
  },
  of: (_target, field) => placesIn(PLACES, field),
};
