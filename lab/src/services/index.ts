// The services of a lab's network.

import { nginx } from './nginx.ts';
import { portainer } from './portainer/service.ts';
import type { LabService } from './service.ts';
import { stepCa } from './step-ca/service.ts';
import { traefik } from './traefik.ts';

export const SERVICES: readonly (() => LabService)[] = [nginx, portainer, stepCa, traefik];
