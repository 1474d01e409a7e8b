import { test } from 'node:test';
import { profileJsonSchema } from '../../lib/profile/json-schema.ts';
import { customProfile } from './custom-profile.ts';
import { assertCurrent } from './markdown-file.ts';
import { profileReference } from './profile-reference.ts';

const INTRODUCTION = `# The profile

A profile is one YAML file that says which host has which part. This is every key it may have; \`profiles/all-in-one-lab.yaml\` is one to begin with, and \`profiles/profile.schema.json\` gives editors completion. NAME stands for a name of your choice, or for a [service id](glossary.md#service-id).

A secret never stands in a profile: where one is needed, write \`env:NAME\` (an environment variable), \`file:PATH\` or \`cmd:COMMAND\` (what the command prints, such as a password manager).

`;

test('docs/profile.md is current: UPDATE_DOCS=1 writes it anew', () => {
  assertCurrent('docs/profile.md', INTRODUCTION + profileReference(profileJsonSchema()));
});

test('profiles/custom.yaml shows every key: UPDATE_DOCS=1 writes it anew', () => {
  assertCurrent('profiles/custom.yaml', customProfile(profileJsonSchema()));
});
