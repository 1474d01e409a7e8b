CREATE TYPE "chain_ids" AS ENUM ('pocket', 'pocket-beta', 'pocket-alpha', 'pocket-lego-testnet');
--> statement-breakpoint
CREATE TYPE "role" AS ENUM ('owner', 'user');
--> statement-breakpoint
CREATE TABLE "application_settings" (
  "id" integer PRIMARY KEY CHECK ("id" = 1),
  "appIdentity" varchar(66) NOT NULL,
  "ownerIdentity" varchar(255) NOT NULL,
  "ownerEmail" varchar(255),
  "name" varchar(255),
  "supportEmail" varchar(255),
  "chainId" "chain_ids",
  "minimumStake" double precision,
  "pocketApiUrl" text,
  "pocketRpcUrl" text,
  "indexerApiUrl" text,
  "fee" integer,
  "delegatorRewardsAddress" varchar(255),
  "privacyPolicy" text,
  "isBootstrapped" boolean NOT NULL DEFAULT false
);
--> statement-breakpoint
CREATE TABLE "users" (
  "identity" varchar(255) PRIMARY KEY,
  "email" varchar(255),
  "role" "role" NOT NULL
);
