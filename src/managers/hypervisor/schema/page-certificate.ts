// The certificate of the node's web interface, as the hypervisor's file declares it.

import { z } from 'zod';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';

const FINGERPRINT = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}$/;
const ONE = 'must say one of `certificate`, `chain` with `key`, or `acme`';

export const pageCertificate = z
  .strictObject({
    certificate: text
      .name(
        /^[A-Za-z0-9*]([A-Za-z0-9.:*-]{0,251}[A-Za-z0-9])?$/,
        'must be the common name of a certificate of the manifest',
      )
      .optional()
      .describe(
        'Common name of a certificate of etc/certificate-manifest.json: the page has what the authority of the environment issued, and each renewal of it. Default: none.',
      ),
    chain: value.secretReference
      .meta({ secret: true })
      .optional()
      .describe('A certificate of your own with those that lead to its authority, PEM, by reference. Default: none.'),
    key: value.secretReference.meta({ secret: true }).optional().describe('Its key, PEM, by reference. Default: none.'),
    fingerprint: text
      .name(FINGERPRINT, 'must be a SHA-256 fingerprint: 32 pairs of hexadecimal digits with colons between them')
      .optional()
      .describe(
        'SHA-256 fingerprint of that certificate, as openssl x509 -fingerprint -sha256 prints it: a page that has it is left as it is, whatever is behind the references. Default: it is not compared.',
      ),
    acme: z
      .literal(true)
      .optional()
      .describe(
        'Proxmox orders it by ACME for the domains that the options of the node name (`node_options` of the datacenter). Default: it does not.',
      ),
  })
  .superRefine(({ certificate, chain, key, acme, fingerprint }, { addIssue }) => {
    const said = [certificate, chain ?? key, acme].filter((each) => each !== undefined);
    if (said.length !== 1) addIssue({ code: 'custom', path: [], message: ONE });
    else if ((chain === undefined) !== (key === undefined)) {
      addIssue({ code: 'custom', path: [], message: 'must say both `chain` and `key`' });
    } else if (fingerprint !== undefined && chain === undefined) {
      addIssue({ code: 'custom', path: ['fingerprint'], message: 'must only stand beside `chain`, whose it is' });
    }
  });
