CREATE TABLE "providers" (
  "identity" varchar(66) PRIMARY KEY,
  "name" varchar(255) NOT NULL,
  "url" text NOT NULL,
  "enabled" boolean NOT NULL DEFAULT false,
  "visible" boolean NOT NULL DEFAULT false
);
