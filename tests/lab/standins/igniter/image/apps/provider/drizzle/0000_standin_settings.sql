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
  "rpcUrl" text,
  "indexerApiUrl" text,
  "rewardAddresses" jsonb,
  "isBootstrapped" boolean NOT NULL DEFAULT false
);
--> statement-breakpoint
CREATE TABLE "users" (
  "identity" varchar(255) PRIMARY KEY,
  "email" varchar(255),
  "role" "role" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "regions" (
  "displayName" varchar(20) UNIQUE NOT NULL,
  "urlValue" varchar(20) PRIMARY KEY
);
--> statement-breakpoint
CREATE TABLE "delegators" (
  "identity" varchar(66) PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "enabled" boolean NOT NULL DEFAULT false
);
