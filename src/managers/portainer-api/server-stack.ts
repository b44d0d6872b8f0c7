// Finds the stack that is the Portainer server itself: Phoenix starts that one, and Portainer the others.

import { interpolate, knownVariables } from '../../compose/interpolation.ts';
import type { Config } from '../config.ts';
import type { VmGuest } from '../vm/declared.ts';

/** Images of the Portainer server. */
const SERVER_IMAGE = /(^|\/)portainer\/portainer(-ce|-ee)?(:|@|$)/;

/** The stack on a VM that contains the server's image, and its service; null where there is none, or the VM is not the server's. */
export function serverStackOf(config: Config, vm: VmGuest): { readonly name: string; readonly service: string } | null {
  if (vm.portainer.role !== 'primary') return null;
  for (const { name, environment } of vm.stacks) {
    const stack = config.stacks.get(name);
    const variables = knownVariables(stack?.environments[environment]?.variables ?? []);
    const images = Object.entries(stack?.compose.images ?? {});
    const [service] = images.find(([, image]) => SERVER_IMAGE.test(interpolate(image, variables) ?? image)) ?? [];
    if (service !== undefined) return { name, service };
  }
  return null;
}
