BEGIN TRANSACTION;
CREATE TABLE addresses (
	channel TEXT NOT NULL, 
	written TEXT NOT NULL, 
	address TEXT NOT NULL, 
	PRIMARY KEY (channel, written)
);
INSERT INTO "addresses" VALUES('slack','#care','C0123ABCD');
CREATE TABLE answers (
	"key" TEXT NOT NULL, 
	text TEXT NOT NULL, 
	fetched_at BIGINT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "answers" VALUES('key','{"total_volume": 5}',1525651200000000,1);
CREATE TABLE asking (
	"key" TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	lease_until BIGINT NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	delivery TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	provider_id TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(delivery) REFERENCES deliveries ("key")
);
INSERT INTO "attempts" VALUES(1,'v1-37d828ca18d22b7daf1f3b23d05dd6f19154ba66',1,'here:1:a',1525651200000000,1525651200000000,'sent','C0123ABCD/1525651200.000100','ok');
CREATE TABLE deliveries (
	"key" TEXT NOT NULL, 
	occurrence TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	address TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before BIGINT, 
	fence BIGINT NOT NULL, 
	owner TEXT, 
	lease_until BIGINT, 
	started_at BIGINT, 
	sent_at BIGINT, 
	provider_id TEXT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (occurrence, channel, address, kind), 
	FOREIGN KEY(occurrence) REFERENCES occurrences (id)
);
INSERT INTO "deliveries" VALUES('v1-37d828ca18d22b7daf1f3b23d05dd6f19154ba66','care-weekly@2018-05-06T23:00:00Z',0,'slack','#care','real','{"channel":"slack","address":"#care","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}','sent',1,NULL,1,'here:1:a',NULL,1525651200000000,1525651200000000,'C0123ABCD/1525651200.000100','');
INSERT INTO "deliveries" VALUES('v1-edb84ae4000903b930e6b2204d5f2c991b3a223c','care-weekly@2018-05-13T23:00:00Z',0,'slack','#care','real','{"channel":"slack","address":"#care","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}','ready',0,NULL,0,NULL,NULL,NULL,NULL,'','');
INSERT INTO "deliveries" VALUES('v1-04199f3c0d28b62672faf8b887aae5cc8ed843fa','care-weekly@2018-04-29T23:00:00Z',0,'slack','#care','real','{"channel":"slack","address":"#care","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}','ready',0,NULL,0,NULL,NULL,NULL,NULL,'','');
CREATE TABLE digests (
	name TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	settled_until BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "digests" VALUES('care-weekly',1525651200000000,1525651200000000);
CREATE TABLE editions (
	occurrence TEXT NOT NULL, 
	agents TEXT NOT NULL, 
	content TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	kept_at BIGINT NOT NULL, 
	PRIMARY KEY (occurrence, agents), 
	FOREIGN KEY(occurrence) REFERENCES occurrences (id)
);
INSERT INTO "editions" VALUES('care-weekly@2018-05-06T23:00:00Z','none','{"occurrence":"care-weekly@2018-05-06T23:00:00Z","digest":"care-weekly","title":"Social care, weekly","subject":"Social care: quieter","brand":{"name":"Acme Care","color":"#0f6f6b","logo":""},"locale":"en_AU","paper":"A4","window_text":"30 April to 6 May 2018","filter_text":"","compared_text":"","fetched_text":"","schedule_text":"","summary_text":"Quieter than last week.","agents":"none","blocks":[{"sentences":[{"text":"Quieter than last week.","tone":"plain","figures":[]}],"kind":"headline"}],"csvs":[],"exports":[],"sample":false,"late_text":"","incomplete":[],"unverified":false}','360a62e87e19e5b2f7b7395de6d1107bad1afaaea1fd12239cd9ec40c3225f15',1525651200000000);
INSERT INTO "editions" VALUES('care-weekly@2018-04-29T23:00:00Z','none','{"occurrence":"care-weekly@2018-04-29T23:00:00Z","digest":"care-weekly","title":"Social care, weekly","subject":"Social care: quieter","brand":{"name":"Acme Care","color":"#0f6f6b","logo":""},"locale":"en_AU","paper":"A4","window_text":"30 April to 6 May 2018","filter_text":"","compared_text":"","fetched_text":"","schedule_text":"","summary_text":"Quieter than last week.","agents":"none","blocks":[{"sentences":[{"text":"Quieter than last week.","tone":"plain","figures":[]}],"kind":"headline"}],"csvs":[],"exports":[],"sample":false,"late_text":"","incomplete":[],"unverified":false}','142b24b6c6361fbf9d942fafe00681e5cc968aeaebb142a1802f748ea62e36d9',1525651200000000);
CREATE TABLE export_jobs (
	"key" TEXT NOT NULL, 
	token TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	starts INTEGER NOT NULL, 
	polled_at BIGINT, 
	PRIMARY KEY ("key")
);
INSERT INTO "export_jobs" VALUES('job','tok',1525651200000000,1,NULL);
CREATE TABLE limits (
	token_hash TEXT NOT NULL, 
	blocked_at BIGINT, 
	blocked_for BIGINT, 
	PRIMARY KEY (token_hash)
);
INSERT INTO "limits" VALUES('token',NULL,NULL);
CREATE TABLE members (
	account TEXT NOT NULL, 
	group_id BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	PRIMARY KEY (account, group_id, user_id)
);
INSERT INTO "members" VALUES('token',2,1,1525651200000000);
CREATE TABLE migrations (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "migrations" VALUES(1);
INSERT INTO "migrations" VALUES(2);
CREATE TABLE occurrences (
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	due BIGINT NOT NULL, 
	slice TEXT NOT NULL, 
	window TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	state TEXT NOT NULL, 
	resting TEXT, 
	real BOOLEAN NOT NULL, 
	late BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before BIGINT, 
	fence BIGINT NOT NULL, 
	owner TEXT, 
	lease_until BIGINT, 
	planned_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	PRIMARY KEY (id), 
	UNIQUE (digest, due, slice)
);
INSERT INTO "occurrences" VALUES('care-weekly@2018-05-06T23:00:00Z','care-weekly',1525647600000000,'','{"start": "2018-04-30T00:00:00", "end": "2018-05-07T00:00:00", "folds": [0, 0], "zone": "Australia/Sydney"}','{"name":"care-weekly","title":"Social care, weekly","schedule":{"phrase":"every monday at 09:00","crons":["0 9 * * 1"],"business_day":null,"at":null,"every_weeks":1,"anchor":null},"window":{"phrase":"last week","kind":"last","count":1,"unit":"week","first":null,"last":null},"reports":[{"type":"summary","form":"","nps_category":"all"}],"recipients":[{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}],"zone":"Australia/Sydney","locale":"en","paper":"A4","brand":{"name":"","color":"#0f6f6b","logo":""},"compare":"previous window","groups":[],"users":[],"targets":[],"holidays":{"region":"","dates":[]},"on_holiday":"send","grace_seconds":86400.0,"catch_up":"latest","paused":false,"until":null,"subject":""}','done',NULL,1,0,'',1,NULL,1,NULL,NULL,1525651200000000,1525651200000000);
INSERT INTO "occurrences" VALUES('care-weekly@2018-05-13T23:00:00Z','care-weekly',1526252400000000,'','{"start": "2018-04-30T00:00:00", "end": "2018-05-07T00:00:00", "folds": [0, 0], "zone": "Australia/Sydney"}','{"name":"care-weekly","title":"Social care, weekly","schedule":{"phrase":"every monday at 09:00","crons":["0 9 * * 1"],"business_day":null,"at":null,"every_weeks":1,"anchor":null},"window":{"phrase":"last week","kind":"last","count":1,"unit":"week","first":null,"last":null},"reports":[{"type":"summary","form":"","nps_category":"all"}],"recipients":[{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}],"zone":"Australia/Sydney","locale":"en","paper":"A4","brand":{"name":"","color":"#0f6f6b","logo":""},"compare":"previous window","groups":[],"users":[],"targets":[],"holidays":{"region":"","dates":[]},"on_holiday":"send","grace_seconds":86400.0,"catch_up":"latest","paused":false,"until":null,"subject":""}','planned',NULL,1,0,'',0,NULL,0,NULL,NULL,1525651200000000,NULL);
INSERT INTO "occurrences" VALUES('care-weekly@2018-04-29T23:00:00Z','care-weekly',1525042800000000,'','{"start": "2018-04-30T00:00:00", "end": "2018-05-07T00:00:00", "folds": [0, 0], "zone": "Australia/Sydney"}','{"name":"care-weekly","title":"Social care, weekly","schedule":{"phrase":"every monday at 09:00","crons":["0 9 * * 1"],"business_day":null,"at":null,"every_weeks":1,"anchor":null},"window":{"phrase":"last week","kind":"last","count":1,"unit":"week","first":null,"last":null},"reports":[{"type":"summary","form":"","nps_category":"all"}],"recipients":[{"channel":"email","address":"dana@example.com","agents":"none","attach":{"pdf":false,"csv":false,"csvs":null},"raw_csv":false}],"zone":"Australia/Sydney","locale":"en","paper":"A4","brand":{"name":"","color":"#0f6f6b","logo":""},"compare":"previous window","groups":[],"users":[],"targets":[],"holidays":{"region":"","dates":[]},"on_holiday":"send","grace_seconds":86400.0,"catch_up":"latest","paused":false,"until":null,"subject":""}','held',NULL,1,0,'not known whether the filter was honoured',1,NULL,1,NULL,NULL,1525651200000000,NULL);
CREATE TABLE stamps (
	id INTEGER NOT NULL, 
	token_hash TEXT NOT NULL, 
	at BIGINT NOT NULL, landed_at BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(token_hash) REFERENCES limits (token_hash)
);
INSERT INTO "stamps" VALUES(2645077507793475760,'token',1525651200000000,NULL);
INSERT INTO "stamps" VALUES(3721775100609682390,'token',1525651200000000,1525651200000000);
CREATE TABLE verified_filters (
	"key" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "verified_filters" VALUES('filter',1525651200000000);
CREATE INDEX occurrences_by_state ON occurrences (state, due);
CREATE INDEX deliveries_by_state ON deliveries (state, lease_until);
CREATE INDEX stamps_by_token ON stamps (token_hash, at);
CREATE INDEX attempts_by_delivery ON attempts (delivery, number);
COMMIT;
